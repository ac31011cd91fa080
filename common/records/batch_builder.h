// Builds one record batch: the producer's side, and whoever writes batches of his own (the quorum,
// coordinators, tests).
//
// Records are encoded once, straight into the buffer that leaves as the batch. One thread at a
// time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/records/batch_header.h"
#include "common/records/record.h"

namespace ropewalk {

struct NewRecord {
  std::int64_t timestamp = kNoTimestamp;  // Milliseconds since 1970, UTC.
  std::optional<ByteSpan> key;
  std::optional<ByteSpan> value;
  std::span<const RecordHeader> headers = {};
};

// Who sends the batch and which of his it is; the defaults are nobody.
struct ProducerStamp {
  ProducerId id = kNoProducer;
  ProducerEpoch epoch = kNoProducerEpoch;
  std::int32_t base_sequence = kNoSequence;
};

class BatchBuilder {
 public:
  // More cannot be held: batch lengths are int32.
  static constexpr std::size_t kBytesMax = std::size_t{1} << 30;

  // `bytes_expected` is allocated at the first append. `memory` is built in: what it holds is not
  // read, its capacity is used.
  explicit BatchBuilder(std::size_t bytes_expected = 0, std::vector<std::byte> memory = {})
      : bytes_expected_(bytes_expected), buffer_(std::move(memory)) {
    buffer_.clear();
  }

  // At most what `record` adds to size(); a batch of it alone has kBatchHeaderBytes more.
  static std::size_t record_bytes_max(const NewRecord& record);

  // Copies the record in and returns size(). Pre: size() + record_bytes_max(record) <= kBytesMax.
  std::size_t append(const NewRecord& record);

  // Bytes of the batch as it is, uncompressed: what the finished one has at most, but for a few
  // bytes where the records cannot be compressed.
  std::size_t size() const { return std::max(buffer_.size(), kBatchHeaderBytes); }
  std::int32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  // Seals the batch: base offset 0, no leader epoch, checksum set. The builder is empty again
  // afterwards. Pre: !empty(). Errors: unsupported_compression_type (the builder is unchanged).
  Result<SharedBytes> finish(Codec codec, const ProducerStamp& producer = {},
                             std::optional<int> level = {});
  // The same for who keeps the memory himself.
  Result<std::vector<std::byte>> finish_bytes(Codec codec, const ProducerStamp& producer = {},
                                              std::optional<int> level = {});
  // What it was built in and finish_bytes() did not give away: empty without a codec.
  // Pre: empty().
  std::vector<std::byte> take_memory() { return std::exchange(buffer_, {}); }

 private:
  std::size_t bytes_expected_;
  std::vector<std::byte> buffer_;  // Room for the header, then the records.
  std::int32_t count_ = 0;
  std::int64_t base_timestamp_ = kNoTimestamp;
  std::int64_t max_timestamp_ = kNoTimestamp;
};

// A copy of a sealed batch under another producer stamp, its checksum made anew: for batches that
// have to be sent again after the producer's epoch changed. Pre: `batch` is one whole batch.
SharedBytes restamp_producer(ByteSpan batch, const ProducerStamp& producer);

// A control batch: one record, attribute bit 5 set, whose key says the type. Applications never see
// these.
struct ControlRecord {
  std::int16_t type = 0;
  ByteSpan value = {};
  std::int64_t timestamp = kNoTimestamp;
  bool transactional =
      false;  // Markers of a transaction are; `producer` is the transaction's then.
  ProducerStamp producer = {};
};
SharedBytes build_control_batch(const ControlRecord& record);

// The type of a control record, from its key. Errors: corrupt_message.
Result<std::int16_t> control_type(std::optional<ByteSpan> key);

}  // namespace ropewalk
