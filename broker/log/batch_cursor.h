// Walks the batches of one segment by their headers.
//
// Reads windows of the file: in place while the bytes are in memory, else by way of the pool. One
// user; the file must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/env/file.h"
#include "common/env/task.h"
#include "common/records/batch_header.h"

namespace ropewalk::log {

class BatchCursor {
 public:
  static constexpr std::size_t kNear = 4096;       // To look at a few headers.
  static constexpr std::size_t kScan = 256 << 10;  // To read all.

  // Stands at `position`, where a batch begins, and ends at `end`.
  BatchCursor(env::File& file, std::uint64_t position, std::uint64_t end, std::size_t window)
      : file_(file), position_(position), end_(end), window_(window) {}

  std::uint64_t position() const { return position_; }

  // The header of the batch at position(); none at the end. Errors: corrupt when there is none, or
  // the batch would go on behind the end; with file and position. io_error.
  Task<Result<std::optional<BatchHeader>>> header();
  // All bytes of that batch, good until the next call. Pre: header() returned it.
  Task<Result<ByteSpan>> batch(BatchHeader header);
  void skip(const BatchHeader& header) { position_ += header.size(); }

 private:
  // Errors: corrupt when the file ends before that.
  Task<Result<ByteSpan>> at_least(std::size_t bytes);

  env::File& file_;
  std::uint64_t position_;
  std::uint64_t end_;
  std::size_t window_;
  std::vector<std::byte> buffer_;
  std::uint64_t buffer_at_ = 0;
  std::size_t buffered_ = 0;
};

// All of `into`, or corrupt when the file ends before.
Task<Result<void>> read_fully(env::File& file, std::uint64_t position, MutableByteSpan into);

}  // namespace ropewalk::log
