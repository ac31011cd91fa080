// Memory that batches are built in, used again.
//
// The program's threads fill it and the I/O thread is done with it. If each batch allocated its
// own, the two would meet at the allocator's lock, and the system would hand out fresh pages again
// and again. Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/bytes.h"

namespace ropewalk::client {

class BufferPool {
 public:
  // Empty, with room if there is one.
  std::vector<std::byte> take() {
    const std::lock_guard lock(mutex_);
    if (kept_.empty()) return {};
    std::vector<std::byte> buffer = std::move(kept_.back());
    kept_.pop_back();
    kept_bytes_ -= buffer.capacity();
    return buffer;
  }

  // Keeps it for the next batch, or frees it if there is enough.
  void give(std::vector<std::byte> buffer) {
    buffer.clear();
    const std::lock_guard lock(mutex_);
    if (buffer.capacity() == 0 || kept_bytes_ + buffer.capacity() > kKeptBytesMax) return;
    kept_bytes_ += buffer.capacity();
    kept_.push_back(std::move(buffer));
  }

  // The bytes, whose memory comes back to the pool when nobody holds them any more.
  static SharedBytes lend(std::shared_ptr<BufferPool> pool, std::vector<std::byte> bytes) {
    auto lent = std::make_shared<const Lent>(std::move(pool), std::move(bytes));
    const ByteSpan span = lent->bytes;
    return {std::move(lent), span};
  }

 private:
  // A batch under construction, those on their way, and some to spare.
  static constexpr std::size_t kKeptBytesMax = 1 << 20;

  struct Lent {
    Lent(std::shared_ptr<BufferPool> from, std::vector<std::byte> of)
        : pool(std::move(from)), bytes(std::move(of)) {}
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() { pool->give(std::move(bytes)); }

    std::shared_ptr<BufferPool> pool;
    std::vector<std::byte> bytes;
  };

  std::mutex mutex_;
  std::vector<std::vector<std::byte>> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace ropewalk::client
