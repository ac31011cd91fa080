// A batch on its way from send() to its delivery.
//
// Owned by its partition's queue and, while a request carries it, by that request. Its records and
// waiters change only while it is open (under the producer's mutex); after it was taken the I/O
// thread seals it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/env/time.h"
#include "common/records/batch_builder.h"
#include "ropewalk/pending.h"

namespace ropewalk::client {

using DeliveryState = detail::PendingState<Delivered>;

struct ProducerBatch {
  struct Waiter {
    std::shared_ptr<DeliveryState> delivery;
    Timestamp timestamp;
  };
  enum class State : std::uint8_t {
    unsent,     // Never on the wire; has no sequence.
    in_flight,  // A request carries it.
    waiting,    // An attempt failed in a way that may pass; to be sent again.
    parked,     // Certainly not stored, and only a new producer epoch can change that.
    done,
  };

  ProducerBatch(PartitionName where, std::size_t bytes_expected, std::uint64_t flush_generation,
                env::MonotonicTime now)
      : partition(std::move(where)),
        builder(bytes_expected),
        generation(flush_generation),
        created(now) {}

  std::size_t size() const { return std::max(builder.size(), sealed.size()); }

  const PartitionName partition;
  BatchBuilder builder;
  std::vector<Waiter> waiters;
  std::size_t charged_bytes = 0;  // Of the producer's buffer.
  const std::uint64_t generation;
  const env::MonotonicTime created;  // Of its first record.
  bool closed = false;               // Takes no more records.

  State state = State::unsent;
  ProducerStamp stamp;
  std::uint64_t ordinal = 0;  // Among the batches of its partition that were sent.
  SharedBytes sealed;         // Once it was taken for the first time.
  ProducerStamp sealed_as;    // The stamp in `sealed`.
  std::int32_t count = 0;     // Of records.
  std::int32_t attempts = 0;
  // An attempt ended without an answer: the batch may be stored.
  bool ambiguous = false;
  std::optional<Error> last_error;  // Why the last attempt must be made again.
};
using ProducerBatchPtr = std::shared_ptr<ProducerBatch>;

// Makes `sealed` what is to be sent under `stamp`. On the I/O thread, after take(). Errors:
// unsupported_compression_type. Pre: the level is one that the codec knows.
Result<void> seal(ProducerBatch& batch, Codec codec, std::optional<int> level = {});

}  // namespace ropewalk::client
