// The batches of one partition, from the first record to the answer: what may be sent next, what is
// sent again, under which sequence.
//
// Order: batches leave in the order of their records. With idempotence several are in flight, and a
// broker refuses one whose predecessor it does not have (out_of_order_sequence_number): both come
// back here and leave again in order. Without it one is in flight at a time. A batch that is
// refused as out of order although everything before it is decided is certainly not stored (the
// broker keeps the last five and knows a duplicate): it is parked until the producer has a new
// epoch, under which sequences begin at 0 again. For that to hold, no batch is sent so far ahead of
// the oldest undecided one that the broker could have forgotten that one.
//
// Pure; under the producer's mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "client/src/core/producer_batch.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::client {

struct QueueLimits {
  std::size_t batch_bytes = 0;
  env::Duration linger{};
  env::Duration delivery_timeout{};
  env::Duration backoff{};
  env::Duration backoff_max{};
  std::size_t in_flight_max = 5;  // Batches of one partition.
  bool idempotent = true;
};

// What time it is, asked only where it matters: reading a clock for each record is much of what a
// small record costs.
using Clock = std::function<env::MonotonicTime()>;

// A record that the producer has room for.
struct AdmittedRecord {
  NewRecord encoded;
  std::size_t bytes_max = 0;      // Of it, encoded.
  std::size_t charged_bytes = 0;  // Of the producer's buffer.
  std::uint64_t generation = 0;   // Of flushes.
  // Its own, if it was sent before its partition was chosen.
  std::shared_ptr<DeliveryState> early = nullptr;
};

class PartitionQueue {
 public:
  PartitionQueue(PartitionName where, const QueueLimits& limits, const BatchSupplies& supplies)
      : where_(std::move(where)), limits_(&limits), supplies_(&supplies) {}

  struct Appended {
    const ProducerBatch* batch = nullptr;  // Which it is in now,
    std::uint32_t index = 0;               // and its number there.
    bool opened = false;                   // A batch begins with it.
    bool closed = false;                   // A batch is complete by it.
  };
  // Puts the record into the open batch, or into a new one.
  Appended append(const AdmittedRecord& record, const Clock& now);
  // Of a flush below `generation`.
  void close_open_batch(std::uint64_t generation);

  // The next batch to send, marked as in flight and stamped; null when there is none. Without
  // `new_allowed` (an epoch change is due) only batches that were sent before. Pre: with
  // idempotence, `producer` has its id and epoch.
  // While a batch is in flight by another way there is none to send: nobody would keep the two in
  // order.
  ProducerBatchPtr take(env::MonotonicTime now, bool new_allowed, const ProducerStamp& producer,
                        const Way& way);
  // When take() may have something; kNever when nothing is there to be sent.
  env::MonotonicTime ready_at(bool new_allowed) const;

  // What is next cannot be sent now, and why: what it is told if that goes on.
  void delayed_by(const Error& error) {
    if (!unsent_.empty()) unsent_.front()->last_error = error;
  }

  // The attempt of `batch` succeeded; it is the caller's to complete.
  void succeeded(const ProducerBatchPtr& batch);
  // The attempt failed. True: the batch is given up, and the caller's to complete with the error.
  // False: it stays here, to be sent again. `answered`: the broker said so; otherwise nobody knows
  // whether it was stored. `jitter` in [0, 1) spreads the next attempt.
  bool failed(const ProducerBatchPtr& batch, const Error& error, bool answered, double jitter,
              env::MonotonicTime now);
  // Takes out those whose delivery_timeout has passed and that are not in flight.
  std::vector<ProducerBatchPtr> expire(env::MonotonicTime now);
  env::MonotonicTime next_expiry() const;
  std::vector<ProducerBatchPtr> take_all();  // The producer closes.

  // When the oldest batch began that is certainly not stored and not on its way; kNever: none is.
  env::MonotonicTime oldest_unsent() const {
    return unsent_.empty() ? env::kNever : unsent_.front()->created;
  }
  // Takes that batch out. Pre: there is one.
  ProducerBatchPtr drop_oldest_unsent();

  bool has_parked() const;
  // Whether a batch is or may be stored under the present epoch and is not decided yet.
  bool undecided() const;
  // The producer has a new epoch: what is parked goes to the front of what was never sent.
  // Pre: !undecided().
  void restart_sequences();

  bool empty() const { return unsent_.empty() && sent_.empty(); }

 private:
  bool retry_allowed(std::size_t index) const;
  bool in_flight_elsewhere(const Way& way) const;
  bool front_is_due(env::MonotonicTime now) const;
  void remove_sent(const ProducerBatchPtr& batch);
  bool window_open() const;

  PartitionName where_;
  const QueueLimits* limits_;
  const BatchSupplies* supplies_;
  std::deque<ProducerBatchPtr> unsent_;  // The last may be open.
  std::deque<ProducerBatchPtr> sent_;    // By sequence: in flight, waiting, parked.
  std::int32_t next_sequence_ = 0;
  std::uint64_t next_ordinal_ = 0;
  env::MonotonicTime not_before_{};
};

}  // namespace ropewalk::client
