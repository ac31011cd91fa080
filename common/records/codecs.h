// The codecs behind compress() and decompress(), one file a library, and what they share. For
// common/records only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk {

// RFC 1952, also several members one behind the other.
Result<void> gzip_compress(ByteSpan in, std::vector<std::byte>& out, std::optional<int> level);
Result<void> gzip_decompress(ByteSpan in, std::size_t limit, std::vector<std::byte>& out);

// Writes the framing of Java's clients (blocks of 32 KiB, each with its length), reads that and a
// bare block, which librdkafka writes.
Result<void> snappy_compress(ByteSpan in, std::vector<std::byte>& out);
Result<void> snappy_decompress(ByteSpan in, std::size_t limit, std::vector<std::byte>& out);

// The growing output of a decompression: doubles up to the limit. One byte beyond the limit is
// offered to the codec so that "exactly full" and "too much" can be told apart.
class DecompressedOutput {
 public:
  DecompressedOutput(std::vector<std::byte>& out, std::size_t limit, std::size_t compressed_bytes)
      : out_(out), start_(out.size()), limit_(limit) {
    out_.resize(start_ + std::min(limit_ + 1, std::max(kFirstBytes, 4 * compressed_bytes)));
  }
  ~DecompressedOutput() { out_.resize(start_ + used_); }
  DecompressedOutput(const DecompressedOutput&) = delete;
  DecompressedOutput& operator=(const DecompressedOutput&) = delete;

  std::byte* free_at() { return out_.data() + start_ + used_; }
  std::size_t free_bytes() const { return out_.size() - start_ - used_; }
  // Room for so many at once. Errors: message_too_large.
  Result<void> reserve(std::size_t bytes) {
    if (bytes > limit_ - used_)
      return fail(Errc::message_too_large, "records decompress to more than {} bytes", limit_);
    if (free_bytes() < bytes) out_.resize(start_ + used_ + bytes);
    return {};
  }
  // The codec wrote `bytes`. Errors: message_too_large.
  Result<void> wrote(std::size_t bytes) {
    used_ += bytes;
    if (used_ > limit_) {
      used_ = limit_;
      return fail(Errc::message_too_large, "records decompress to more than {} bytes", limit_);
    }
    if (free_bytes() == 0) out_.resize(start_ + std::min(limit_ + 1, 2 * (out_.size() - start_)));
    return {};
  }

 private:
  static constexpr std::size_t kFirstBytes = 64 << 10;

  std::vector<std::byte>& out_;
  std::size_t start_;
  std::size_t limit_;
  std::size_t used_ = 0;
};

}  // namespace ropewalk
