#include "broker/replication/follower.h"

#include <algorithm>
#include <utility>

#include "common/plant.h"

namespace ropewalk::replication {

Follower::Follower(Following following, OwnLog log)
    : following_(following), log_(std::move(log)), next_(log_.log_end) {
  ENSURE(log_.high_watermark <= log_.log_end && log_.durable_end <= log_.log_end &&
             log_.log_start <= log_.log_end,
         "a log from {} to {} with high watermark {} and durable end {}", log_.log_start,
         log_.log_end, log_.high_watermark, log_.durable_end);
  ENSURE(last_epoch() <= following_.leader_epoch, "a log with epoch {} follows in epoch {}",
         last_epoch(), following_.leader_epoch);
  compare();
}

FollowerEffects Follower::step(const FollowerEvent& event) {
  FollowerEffects effects;
  if (state_ != State::damaged)
    std::visit([&](const auto& happened) { apply(happened, effects); }, event);
  return effects;
}

std::optional<FollowerRequest> Follower::next_request() const {
  switch (state_) {
    case State::comparing:
      return AskEpochEnd{question_};
    case State::fetching:
      return FetchFrom{next_, last_epoch()};
    case State::cutting:
    case State::damaged:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Progressed> Follower::progress() const {
  if (state_ != State::fetching) return std::nullopt;
  return Progressed{.follower = following_.self,
                    .leader_epoch = following_.leader_epoch,
                    .generation = log_.generation,
                    .log_end = log_.log_end,
                    .durable_end = log_.durable_end,
                    .incarnation = following_.incarnation};
}

template <class Answer>
bool Follower::is_current(const Answer& answer) const {
  if (RW_PLANT(no_epoch_check_on_fetch)) return true;
  return answer.generation == log_.generation && answer.leader_epoch == following_.leader_epoch &&
         answer.request == next_request();
}

// A log without a batch has nothing to compare: it fetches from its end. Batches on their way into
// the log are not compared: what is not written then is fetched again.
void Follower::compare() {
  candidate_ = log_.log_end;
  question_ = last_epoch();
  state_ = question_ == kNoLeaderEpoch ? State::fetching : State::comparing;
}

// One round of R5. The leader's answer is the greatest epoch of its log up to ours; where it has
// none of ours, our log is cut back in thought to the epochs that both may have, and it is asked
// about the last of those.
void Follower::apply(const EpochEndTold& event, FollowerEffects& effects) {
  if (!is_current(event)) return;
  if (state_ == State::fetching) {  // It diverges.
    if (next_ != log_.log_end) return;
    compare();
  }
  if (state_ != State::comparing) return;
  if (RW_PLANT(truncate_to_high_watermark)) return agree(log_.high_watermark, effects);
  // Our epoch is no newer than the leader's, so that it can always tell of one up to it.
  if (!event.end || event.end->epoch > question_) {
    effects.refused = Error{Errc::corrupt_message,
                            fmt::format("asked for the end of epoch {}, the leader told of {}",
                                        question_, event.end ? event.end->epoch : kNoLeaderEpoch)};
    return;
  }
  if (event.end->epoch == question_) return agree(std::min(candidate_, event.end->end), effects);
  const auto ours = log_.epochs.end_of(event.end->epoch, log_.log_end);
  if (!ours) return agree(log_.log_start, effects);
  candidate_ = std::min(candidate_, ours->end);
  question_ = ours->epoch;
  if (ours->epoch == event.end->epoch) agree(std::min(candidate_, event.end->end), effects);
}

// R5: what is below our high watermark is committed, so a leader that lacks it was elected
// uncleanly, and the metadata log says so; if not, our log or its is not what it was.
void Follower::agree(Offset end, FollowerEffects& effects) {
  if (end < log_.high_watermark && following_.last_unclean_epoch <= last_epoch())
    return damage(effects, {Errc::damaged_replica,
                            fmt::format("the leader in epoch {} has our log up to {} only, but {} "
                                        "is committed and no unclean election is on record",
                                        following_.leader_epoch, end, log_.high_watermark)});
  if (end < log_.log_start)
    return damage(effects, {Errc::damaged_replica,
                            fmt::format("the leader in epoch {} has our log up to {} only, which "
                                        "is deleted here: nothing of this replica is left",
                                        following_.leader_epoch, end)});
  if (end < log_.log_end) {
    state_ = State::cutting;
    effects.truncate_to = end;
    return;
  }
  state_ = State::fetching;
  effects.tell = progress();
}

void Follower::damage(FollowerEffects& effects, Error error) {
  state_ = State::damaged;
  effects.damaged = std::move(error);
}

void Follower::apply(const Cut& event, FollowerEffects& effects) {
  if (state_ != State::cutting || event.generation <= log_.generation) return;
  log_.generation = event.generation;
  log_.log_end = event.log_end;
  log_.durable_end = std::min(event.durable_end, event.log_end);
  log_.log_start = std::min(log_.log_start, event.log_end);
  log_.high_watermark = std::min(log_.high_watermark, event.log_end);
  log_.epochs.truncate(event.log_end);
  next_ = event.log_end;
  state_ = State::fetching;
  effects.tell = progress();
}

// All that we have was committed, and deleted since.
void Follower::apply(const FellBehind& event, FollowerEffects& effects) {
  if (!is_current(event) || state_ != State::fetching) return;
  if (event.begin_at <= next_ || next_ != log_.log_end) return;
  state_ = State::cutting;
  log_.epochs = {};
  log_.log_start = event.begin_at;
  log_.high_watermark = event.begin_at;
  effects.begin_at = event.begin_at;
}

void Follower::apply(const Fetched& event, FollowerEffects& effects) {
  if (!is_current(event) || state_ != State::fetching) return;
  if (auto checked = check(event.batches); !checked) {
    effects.refused = std::move(checked).error();
    return;
  }
  for (const FetchedBatch& batch : event.batches) {
    log_.epochs.appended(batch.epoch, batch.base);
    next_ = batch.next;
  }
  effects.append = event.batches.size();
  leader_high_watermark_ = event.high_watermark;
  learn_high_watermark(effects);
  const Offset start = std::min(event.log_start, log_.high_watermark);
  if (start > log_.log_start) {
    log_.log_start = start;
    log_.epochs.trim(start);
    effects.log_start = start;
  }
}

Result<void> Follower::check(std::span<const FetchedBatch> batches) const {
  Offset expected = next_;
  LeaderEpoch epoch = last_epoch();
  for (const FetchedBatch& batch : batches) {
    if (batch.base < expected || (batch.base > expected && !following_.gaps_allowed))
      return fail(Errc::corrupt_message, "a batch at offset {} where {} was to come", batch.base,
                  expected);
    if (batch.next <= batch.base)
      return fail(Errc::corrupt_message, "a batch from offset {} to {}", batch.base, batch.next);
    if (batch.epoch < epoch || batch.epoch < LeaderEpoch(0))
      return fail(Errc::corrupt_message, "a batch of epoch {} at offset {} behind one of {}",
                  batch.epoch, batch.base, epoch);
    if (batch.epoch > following_.leader_epoch)
      return fail(Errc::corrupt_message, "a batch of epoch {} at offset {}, the leader is in {}",
                  batch.epoch, batch.base, following_.leader_epoch);
    expected = batch.next;
    epoch = batch.epoch;
  }
  return {};
}

void Follower::apply(const FollowerWritten& event, FollowerEffects& effects) {
  if (event.generation != log_.generation || event.log_end <= log_.log_end) return;
  log_.log_end = event.log_end;
  learn_high_watermark(effects);
  if (following_.stable_by == StableBy::log_end) effects.tell = progress();
}

void Follower::apply(const AppendRefused& event, FollowerEffects&) {
  if (event.generation != log_.generation || event.from >= next_) return;
  next_ = std::max(event.from, log_.log_end);
  log_.epochs.truncate(next_);
}

void Follower::apply(const FollowerSynced& event, FollowerEffects& effects) {
  const Offset end = std::min(event.durable_end, log_.log_end);
  if (event.generation != log_.generation || end <= log_.durable_end) return;
  log_.durable_end = end;
  effects.tell = progress();
}

void Follower::learn_high_watermark(FollowerEffects& effects) {
  const Offset known = std::min(leader_high_watermark_, log_.log_end);
  if (known <= log_.high_watermark) return;
  log_.high_watermark = known;
  effects.high_watermark = known;
}

}  // namespace ropewalk::replication
