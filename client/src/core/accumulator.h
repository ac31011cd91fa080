// Everything a producer holds between send() and delivery: records of topics that are not known
// yet, the queues of all partitions, the byte budget, flushes, and the producer's identity.
//
// Pure. Entered under the producer's mutex by application threads (append) and by the I/O thread
// (the rest). Deliveries are never completed inside: decided ones are collected and taken with
// take_decided(), to be completed without the mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/src/core/partition_queue.h"
#include "client/src/core/partitioner.h"
#include "common/env/time.h"
#include "ropewalk/producer.h"

namespace ropewalk::client {

// Records of one partition with one fate: of a batch, or one that never got into one. Told without
// the producer's mutex.
struct Decided {
  PartitionName where;  // Partition -1: not chosen yet.
  std::shared_ptr<DeliveryState> deliveries;
  std::vector<ProducerBatch::Early> early;
  std::uint32_t records = 0;
  Result<StoredAt> outcome;

  // All deliveries.
  void tell();
};

class Accumulator {
 public:
  Accumulator(const ProducerOptions& options, const ClientOptions& client, std::uint64_t seed,
              std::shared_ptr<Waiting> waiting);

  struct Taken {
    std::shared_ptr<DeliveryState> deliveries;
    std::uint32_t index;  // The record's, in `deliveries`.
    // When there is something to do for it: at once if its batch is full, when that has lingered;
    // kNever when that was said before, or when an answer must come first.
    env::MonotonicTime due;
  };
  // Takes the record. Errors (`record` is untouched then): budget_exceeded (wait until space_for()
  // and try again), message_too_large, invalid_request, invalid_topic, closed. With
  // WhenFull::drop_oldest older records make room.
  Result<Taken> append(Record& record, Timestamp timestamp, const Clock& now);
  bool space_for(const Record& record) const;

  // Topics that somebody sends to and whose partitions are not known.
  std::vector<std::string> unknown_topics() const;
  std::vector<std::string> topics() const;
  void topic_known(const std::string& topic, std::int32_t partitions, env::MonotonicTime now);
  // Nobody could be asked for it this time: what its records are told if that goes on.
  void topic_delayed(const std::string& topic, const Error& error);
  // The same for a partition that nobody leads.
  void partition_delayed(const PartitionName& partition, const Error& error) {
    queue_of(partition).delayed_by(error);
  }
  // What waits for the topic fails; queues stay.
  void topic_failed(const std::string& topic, const Error& error);

  // Partitions that may have something to send by `now`.
  std::vector<PartitionName> ready(env::MonotonicTime now) const;
  // When ready() or expire() will have more than at `now`; kNever when only events can change that.
  env::MonotonicTime next_event_after(env::MonotonicTime now) const;
  ProducerBatchPtr take(const PartitionName& partition, env::MonotonicTime now, const Way& way);

  void succeeded(const ProducerBatchPtr& batch, std::int64_t base_offset,
                 std::optional<Timestamp> log_append_time);
  void failed(const ProducerBatchPtr& batch, const Error& error, bool answered, double jitter,
              env::MonotonicTime now);
  void expire(env::MonotonicTime now);

  // The identity. Needed: nothing new may be sent until identify() gave one. The id and epoch to
  // ask the next epoch of are in `identity()`; an id of none asks for a new one.
  bool identity_needed() const;
  const ProducerStamp& identity() const { return identity_; }
  void identify(ProducerId id, ProducerEpoch epoch);

  // Marks all that is held as to be sent at once; returns what flushed() takes.
  std::uint64_t begin_flush();
  bool flushed(std::uint64_t generation) const;

  // Refuses further records.
  void close() { closed_ = true; }
  // What is not decided fails, but for batches in flight: their answers no longer matter either.
  void fail_all(const Error& error);

  bool has_decided() const { return !decided_.empty(); }
  std::vector<Decided> take_decided() { return std::exchange(decided_, {}); }
  std::uint64_t decided_so_far() const { return decided_so_far_; }  // Deliveries.
  std::size_t held_bytes() const { return held_bytes_; }
  ProducerStatistics statistics() const;  // Without the requests.

 private:
  // What a record counts for until it is decided.
  struct Charge {
    std::size_t bytes;
    std::uint64_t generation;
  };
  struct WaitingRecord {
    Record record;
    Timestamp timestamp;
    std::shared_ptr<DeliveryState> delivery;
    Charge charge;
    env::MonotonicTime since;
  };
  struct Topic {
    explicit Topic(std::uint64_t seed) : sticky(seed) {}
    std::vector<PartitionQueue> partitions;  // Empty: not known yet.
    std::deque<WaitingRecord> waiting;
    std::optional<Error> delayed_by;  // Why the last question about it had no answer.
    StickyPartition sticky;
  };

  // Puts it into a batch; `admitted` is the record as the batch takes it.
  Taken place(const std::string& name, Topic& topic, const Record& record,
              const AdmittedRecord& admitted, const Clock& now);
  Taken keep_for_topic(Topic& topic, Record& record, Timestamp timestamp, Charge charge,
                       const Clock& now);
  Result<std::int32_t> choose(const Record& record, const std::string& name, Topic& topic);
  bool has_room(std::size_t charged) const;
  void drop_oldest(std::size_t charged);
  Error too_late(std::string_view what) const;
  void decide(ProducerBatch& batch, Result<StoredAt> outcome);
  void decide(ProducerBatch& batch, const Error& error);
  void decide_waiting(WaitingRecord& waiting, const Error& error);
  void decide_alone(const Record& record, std::shared_ptr<DeliveryState> delivery, Charge charge,
                    const Error& error);
  std::shared_ptr<DeliveryState> delivery_alone(Timestamp timestamp) const;
  void release(std::size_t bytes, std::uint64_t generation, std::uint64_t records);
  PartitionQueue& queue_of(const PartitionName& partition);
  bool new_batches_allowed() const;
  bool epoch_change_due() const;

  ProducerOptions options_;
  QueueLimits limits_;
  BatchSupplies supplies_;
  std::uint64_t seed_;
  bool idempotent_;
  std::map<std::string, Topic> topics_;
  std::size_t held_bytes_ = 0;
  std::uint64_t generation_ = 0;
  std::map<std::uint64_t, std::uint64_t> undecided_;  // Records, by the flush they belong to.
  ProducerStamp identity_;
  bool identified_ = false;
  bool identity_lost_ = false;  // The broker refused the epoch: ask for a new id.
  // Whether a queue has a parked batch; nothing while that may have changed. Each batch that leaves
  // asks, and there may be thousands of queues.
  mutable std::optional<bool> has_parked_;
  bool closed_ = false;
  std::vector<Decided> decided_;
  std::uint64_t decided_so_far_ = 0;
  ProducerStatistics counted_;
};

}  // namespace ropewalk::client
