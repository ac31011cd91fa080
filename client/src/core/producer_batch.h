// A batch on its way from send() to its delivery.
//
// Owned by its partition's queue and, while a request carries it, by that request. Its records and
// deliveries change only while it is open (under the producer's mutex); after it was taken the I/O
// thread seals it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "client/src/core/buffer_pool.h"
#include "client/src/core/delivery_state.h"
#include "common/bytes.h"
#include "common/env/time.h"
#include "common/records/batch_builder.h"

namespace ropewalk::client {

// What the batches of a producer have in common.
struct BatchSupplies {
  explicit BatchSupplies(std::shared_ptr<Waiting> how)
      : waiting(std::move(how)), memory(std::make_shared<BufferPool>()) {}

  std::shared_ptr<DeliveryState> new_deliveries() const {
    return std::make_shared<DeliveryState>(waiting);
  }

  const std::shared_ptr<Waiting> waiting;
  const std::shared_ptr<BufferPool> memory;
};

// What keeps batches in order on their way: one connection, to a leader of one epoch.
struct Way {
  LeaderEpoch leader = kNoLeaderEpoch;
  std::uint64_t connection = 0;  // A number of its own.
  bool operator==(const Way&) const = default;
};

struct ProducerBatch {
  // A record that was sent before it had a batch, and so has a delivery of its own.
  struct Early {
    std::uint32_t index;  // In the batch.
    std::shared_ptr<DeliveryState> delivery;
  };
  enum class State : std::uint8_t {
    unsent,     // Never on the wire; has no sequence.
    in_flight,  // A request carries it.
    waiting,    // An attempt failed in a way that may pass; to be sent again.
    parked,     // Certainly not stored, and only a new producer epoch can change that.
    done,
  };

  ProducerBatch(PartitionName where, const BatchSupplies& supplies, std::size_t bytes_expected,
                std::uint64_t flush_generation, env::MonotonicTime now)
      : partition(std::move(where)),
        memory(supplies.memory),
        builder(bytes_expected, memory->take()),
        deliveries(supplies.new_deliveries()),
        generation(flush_generation),
        created(now) {}

  std::size_t size() const { return std::max(builder.size(), sealed.size()); }
  std::size_t records() const { return static_cast<std::size_t>(count); }

  const PartitionName partition;
  const std::shared_ptr<BufferPool> memory;
  BatchBuilder builder;
  const std::shared_ptr<DeliveryState> deliveries;  // Of all records, in their order.
  std::vector<Early> early;                         // By index.
  std::size_t charged_bytes = 0;                    // Of the producer's buffer.
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
  Way sent_by;  // The last attempt.
  // An attempt ended without an answer: the batch may be stored.
  bool ambiguous = false;
  std::optional<Error> last_error;  // Why the last attempt must be made again.
};
using ProducerBatchPtr = std::shared_ptr<ProducerBatch>;

// Makes `sealed` what is to be sent under `stamp`. On the I/O thread, after take(). Errors:
// unsupported_compression_type. Pre: the level is one that the codec knows.
Result<void> seal(ProducerBatch& batch, Codec codec, std::optional<int> level = {});

}  // namespace ropewalk::client
