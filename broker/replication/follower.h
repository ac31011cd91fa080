// One replica of a partition while it follows: where its log parts from its leader's (R5), what to
// fetch next, what of an answer may be appended, how far it is (D6).
//
// Pure: takes what happened and returns what to do. Made anew for each leader epoch, after the
// log's generation was bumped for it (R10); one request is under way at a time, next_request() says
// which, and what comes back under another generation or leader epoch is dropped. Offsets are ends
// (exclusive). Used inside its partition only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "broker/log/epoch_starts.h"
#include "broker/replication/in_sync.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::replication {

// What the metadata log says about a partition, as far as a follower cares.
struct Following {
  BrokerId self = kNoBroker;
  IncarnationId incarnation = {};
  BrokerId leader = kNoBroker;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  LeaderEpoch last_unclean_epoch = kNoLeaderEpoch;
  StableBy stable_by = StableBy::durable_end;
  bool gaps_allowed = false;  // Compacted: offsets may be missing between batches.
};

// The replica's log as it is when it begins to follow.
struct OwnLog {
  log::EpochStarts epochs;
  Offset log_start;
  Offset log_end;  // Nothing is being written beyond.
  Offset durable_end;
  Offset high_watermark;
  std::uint64_t generation = 0;
};

// What the leader is to be asked next. A fetch carries the progress, too: it may be the only thing
// that the leader hears of a follower whose one-way message was lost.
struct AskEpochEnd {  // Look::end_of
  LeaderEpoch epoch;
  bool operator==(const AskEpochEnd&) const = default;
};
struct FetchFrom {  // Look::from, Look::last_epoch
  Offset from;
  LeaderEpoch last_epoch = kNoLeaderEpoch;  // Of the batch before; none: the log is empty.
  bool operator==(const FetchFrom&) const = default;
};
using FollowerRequest = std::variant<AskEpochEnd, FetchFrom>;

// A batch of an answer, as its header says.
struct FetchedBatch {
  Offset base;
  Offset next;
  LeaderEpoch epoch;
};

// What happened. `generation` and `request` are those under which it was asked for; an answer to
// anything but the request that would be sent now is dropped.
struct EpochEndTold {  // The answer to AskEpochEnd, or that a fetch diverges.
  std::uint64_t generation = 0;
  FollowerRequest request;
  LeaderEpoch leader_epoch;               // Of the leader when it answered.
  std::optional<log::EpochEnd> end = {};  // Of the newest epoch up to that one.
};
struct Fetched {
  std::uint64_t generation = 0;
  FollowerRequest request;
  LeaderEpoch leader_epoch;  // Of the leader when it answered.
  std::span<const FetchedBatch> batches = {};
  Offset high_watermark;
  Offset log_start;
};
struct FellBehind {  // The leader's log starts after the end of ours.
  std::uint64_t generation = 0;
  FollowerRequest request;
  LeaderEpoch leader_epoch;
  Offset begin_at;  // Where the batch begins that holds the start of the leader's log.
};
struct FollowerWritten {  // The log ends here now.
  std::uint64_t generation = 0;
  Offset log_end;
};
struct AppendRefused {  // What was to be appended from here on is not in the log (disk full, ...).
  std::uint64_t generation = 0;
  Offset from;
};
struct FollowerSynced {
  std::uint64_t generation = 0;
  Offset durable_end;
};
// The truncation or the new beginning that was asked for is done.
struct Cut {
  std::uint64_t generation = 0;  // The new one.
  Offset log_end;
  Offset durable_end;
};
using FollowerEvent = std::variant<EpochEndTold, Fetched, FellBehind, FollowerWritten,
                                   AppendRefused, FollowerSynced, Cut>;

// What the caller must do after a step, in this order.
struct FollowerEffects {
  // 1. Truncate the log, or begin it anew, empty, behind its end. Both bump the generation and come
  //    back as Cut; until then next_request() is nothing. ProducerState goes with the log (R9):
  //    what it has of batches at or beyond a truncation's end was not committed and is undone;
  //    where truncate_to() cannot (more than five batches of a producer went), rebuild it from the
  //    checkpoint and the log. A new beginning clears it, and is the high watermark.
  std::optional<Offset> truncate_to = {};
  std::optional<Offset> begin_at = {};
  // 2. Append the first so many batches of Fetched as they are; ProducerState records each of
  //    them, committed or not, and keeps them when they are written.
  std::size_t append = 0;
  std::optional<Offset> high_watermark = {};  // 3. It moved.
  std::optional<Offset> log_start = {};       // 4. Nothing below is readable any more.
  std::optional<Progressed> tell = {};        // 5. Tell the leader at once, one way.
  // 6. The leader's answer cannot be: corrupt_message. Nothing of it counts; ask again after a
  //    while.
  std::optional<Error> refused = {};
  // 7. damaged_replica: the replica stops and reports itself lost (R12).
  std::optional<Error> damaged = {};
};

class Follower {
 public:
  // Pre: ends in order; no batch is of an epoch above following.leader_epoch.
  Follower(Following following, OwnLog log);

  [[nodiscard]] FollowerEffects step(const FollowerEvent& event);

  // What to ask the leader now, if nothing is under way. None: a cut is being carried out, or the
  // replica is damaged. The same again after an answer that never came.
  std::optional<FollowerRequest> next_request() const;
  // None before the logs agree: what is to be cut yet must not count.
  std::optional<Progressed> progress() const;

  const Following& following() const { return following_; }
  // Whether the leader's log has all of ours.
  bool agrees() const { return state_ == State::fetching; }
  Offset log_end() const { return log_.log_end; }
  Offset high_watermark() const { return log_.high_watermark; }
  std::uint64_t generation() const { return log_.generation; }

 private:
  enum class State { comparing, cutting, fetching, damaged };

  void apply(const EpochEndTold& event, FollowerEffects& effects);
  void apply(const Fetched& event, FollowerEffects& effects);
  void apply(const FellBehind& event, FollowerEffects& effects);
  void apply(const FollowerWritten& event, FollowerEffects& effects);
  void apply(const AppendRefused& event, FollowerEffects& effects);
  void apply(const FollowerSynced& event, FollowerEffects& effects);
  void apply(const Cut& event, FollowerEffects& effects);

  template <class Answer>
  bool is_current(const Answer& answer) const;
  void compare();
  void agree(Offset end, FollowerEffects& effects);
  void damage(FollowerEffects& effects, Error error);
  Result<void> check(std::span<const FetchedBatch> batches) const;
  void learn_high_watermark(FollowerEffects& effects);
  LeaderEpoch last_epoch() const { return log_.epochs.last().value_or(kNoLeaderEpoch); }

  const Following following_;
  OwnLog log_;  // `epochs` goes with next_.
  State state_ = State::comparing;
  // While comparing: up to where the logs may agree, and the epoch whose end is in question.
  Offset candidate_;
  LeaderEpoch question_;
  Offset next_;  // Behind what is in the log or on its way there.
  Offset leader_high_watermark_;
};

}  // namespace ropewalk::replication
