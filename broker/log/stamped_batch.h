// A record batch that has its place in the log, without its bytes having been touched.
//
// Base offset and leader epoch stand in the first 16 bytes of a batch, outside its checksum. They
// are kept beside the producer's bytes (`prefix`) and written in front of the rest, so that a batch
// sliced out of a receive page needs neither a copy nor a writable page: what was shared stays
// immutable, and a batch that arrives twice may be stamped twice.
#pragma once

#include <array>
#include <cstdint>

#include "common/bytes.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::log {

class StampedBatch {
 public:
  static constexpr std::size_t kPrefixBytes = 16;  // Up to and with the leader epoch.

  // `bytes` is exactly one batch whose checksum the caller has checked. Errors: corrupt_message
  // when the header is none, or its length is not bytes.size().
  static Result<StampedBatch> stamp(SharedBytes bytes, Offset base, LeaderEpoch epoch);
  // As it came from a leader, with the offset and the epoch it has there.
  static Result<StampedBatch> replicated(SharedBytes bytes);

  Offset base_offset() const { return base_; }
  Offset next_offset() const { return next_; }
  LeaderEpoch leader_epoch() const { return epoch_; }
  std::int64_t max_timestamp() const { return max_timestamp_; }  // Milliseconds since 1970.
  std::size_t size() const { return bytes_.size(); }

  // The two pieces to write, in order. They live as long as this object.
  ByteSpan prefix() const { return prefix_; }
  ByteSpan rest() const { return bytes_.span().subspan(kPrefixBytes); }

 private:
  StampedBatch() = default;
  std::array<std::byte, kPrefixBytes> prefix_{};
  SharedBytes bytes_;
  Offset base_;
  Offset next_;
  LeaderEpoch epoch_;
  std::int64_t max_timestamp_ = 0;
};

}  // namespace ropewalk::log
