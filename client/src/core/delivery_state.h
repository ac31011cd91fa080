// What the deliveries of one batch's records share: the batch's fate, and their callbacks.
//
// One a batch, so that to decide a batch costs the same however many records it holds: one lock,
// one flag, one result. What a single record is told is worked out when somebody asks. A record
// that has no batch yet (its topic is not known) or never gets one has a state of its own.
//
// add() belongs to the batch under construction: under the producer's mutex, and not after
// decide(). Everything else may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "client/src/core/waiting.h"
#include "ropewalk/delivery.h"

namespace ropewalk::client {

// What a batch's records are told when it is stored.
struct StoredAt {
  std::int64_t base_offset = -1;  // Of record 0; -1: nobody said.
  std::optional<Timestamp> log_append_time;
};

// What the records of a batch are told, one after the other. Made once for all: the topic's name is
// in it.
class Telling {
 public:
  // `outcome` outlives it.
  Telling(const PartitionName& where, const Result<StoredAt>& outcome);
  // The record of that number, which was sent with that timestamp. Until the next call.
  const Result<Delivered>& of(std::uint32_t index, Timestamp sent);

 private:
  const Result<StoredAt>& outcome_;
  Result<Delivered> told_;
};

class DeliveryState {
 public:
  explicit DeliveryState(std::shared_ptr<Waiting> waiting) : waiting_(std::move(waiting)) {}

  // One more record: its number, from 0.
  std::uint32_t add(Timestamp timestamp);
  // Pre: add() returned `index`.
  Timestamp timestamp_of(std::uint32_t index) const;

  // The first call counts. Callbacks run in it, in the order of the records; their exceptions end
  // here.
  void decide(PartitionName where, Result<StoredAt> outcome);

  bool ready() const { return ready_.load(std::memory_order_acquire); }
  // Pre: ready().
  Result<Delivered> result_of(std::uint32_t index) const;
  bool wait(std::chrono::nanoseconds timeout) const;
  // At most one callback for each record: a later one replaces it.
  void then(std::uint32_t index, Delivery::Callback callback);

 private:
  // Records from `first` on have it. Milliseconds: a batch that fills up quickly has few of them.
  struct SentAt {
    std::uint32_t first;
    Timestamp timestamp;
  };
  struct Set {
    std::uint32_t index;  // Of the record.
    std::uint32_t order;  // Of setting them.
    Delivery::Callback callback;
    auto place() const { return std::pair(index, order); }
  };

  void run(std::vector<Set> callbacks) const;

  const std::shared_ptr<Waiting> waiting_;
  std::uint32_t count_ = 0;
  std::vector<SentAt> sent_;

  std::atomic<bool> ready_{false};
  std::mutex mutex_;  // Of what follows, until it is ready; then nothing changes any more.
  std::vector<Set> callbacks_;
  PartitionName where_;
  std::optional<Result<StoredAt>> outcome_;
};

}  // namespace ropewalk::client
