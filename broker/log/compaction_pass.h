// The two walks of a compaction over the batches of a log, oldest first (pure; whoever reads and
// writes the files calls it). The first learns where each key of the dirty part stands last, the
// second says of every batch up to there, clean ones too, what is left of it.
//
// What stays: the last record of each key; a tombstone, too, until its time to go, which its batch
// is given when it is first met (KIP-534); control batches. What goes: every record of which a
// later one has the key, and records without a key, which a compacted topic does not take. A batch
// of which nothing is left goes, unless it is the last of its producer: its header tells R9 which
// sequence was the last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "broker/log/key_offsets.h"
#include "common/bytes.h"
#include "common/error.h"
#include "common/records/batch_header.h"

namespace ropewalk::log {

struct CompactionOptions {
  std::int64_t now_ms = 0;                        // Since 1970, UTC.
  std::chrono::milliseconds delete_retention{0};  // delete.retention.ms
  std::size_t uncompressed_bytes_max = 32 << 20;  // Of a batch.
  // Whether the batch that ends there is the last that the producer has in the log.
  std::function<bool(ProducerId, Offset last)> is_last_of_producer;
};

struct CompactionTally {
  std::uint64_t records_read = 0;  // In the second walk.
  std::uint64_t records_kept = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_kept = 0;
};

class CompactionPass {
 public:
  CompactionPass(KeyOffsets& keys, CompactionOptions options)
      : keys_(keys), options_(std::move(options)) {}

  // First walk: the next batch of the dirty part. False: there is no room for its keys; the second
  // walk ends in front of it. Errors: corrupt_message, message_too_large,
  // unsupported_compression_type.
  Result<bool> learn(ByteSpan batch, const BatchHeader& header);

  // Second walk. What is left of the batch: all of it, another batch, or nothing.
  struct Whole {};
  struct Nothing {};
  using Left = std::variant<Whole, std::vector<std::byte>, Nothing>;
  // Pre: the batch lies in front of the one that learn() had no room for. Errors: as learn().
  Result<Left> clean(ByteSpan batch, const BatchHeader& header);

  const CompactionTally& tally() const { return tally_; }

 private:
  void count(const BatchHeader& header, std::int32_t records_kept, std::size_t bytes_kept);

  KeyOffsets& keys_;
  const CompactionOptions options_;
  CompactionTally tally_;
};

}  // namespace ropewalk::log
