#include "broker/replication/leader.h"

#include <algorithm>
#include <utility>

#include "common/plant.h"

namespace ropewalk::replication {

Leader::Leader(Leadership leadership, Offset log_end, Offset durable_end, Offset high_watermark,
               Time now, ReplicationTimes times)
    : leadership_(std::move(leadership)),
      epoch_start_(log_end),
      log_end_(log_end),
      durable_end_(durable_end),
      high_watermark_(high_watermark),
      in_sync_(leadership_, times, log_end, now) {
  ENSURE(high_watermark <= log_end && durable_end <= log_end,
         "a log that ends at {} with high watermark {} and durable end {}", log_end, high_watermark,
         durable_end);
  ENSURE(leadership_.in_sync.contains(leadership_.self), "broker {} leads out of sync",
         leadership_.self);
  LeaderEffects nobody_waits_yet;
  advance(nobody_waits_yet);
}

Result<void> Leader::admit(Acks acks) const {
  if (acks != Acks::all || enough_in_sync()) return {};
  return fail(Errc::not_enough_replicas, "{} replicas are in sync, {} are needed",
              leadership_.in_sync.size(), leadership_.min_in_sync);
}

LeaderEffects Leader::step(const LeaderEvent& event, Time now) {
  LeaderEffects effects;
  std::visit([&](const auto& happened) { apply(happened, now, effects); }, event);
  effects.propose = in_sync_.propose(leadership_, ends(), now);
  if (leadership_.becomes_synced && !told_synced_) {
    const auto synced = in_sync_.smallest_stable_end(leadership_, stable_end());
    effects.all_synced = told_synced_ = synced && *synced >= epoch_start_;
  }
  return effects;
}

void Leader::apply(const Written& event, Time now, LeaderEffects& effects) {
  ENSURE(event.log_end >= log_end_, "a leader's log went back from {} to {}", log_end_,
         event.log_end);
  in_sync_.growing(leadership_, log_end_, now);
  log_end_ = event.log_end;
  advance(effects);
}

void Leader::apply(const Synced& event, Time, LeaderEffects& effects) {
  // Ends of syncs may arrive late and in any order.
  durable_end_ = std::max(durable_end_, std::min(event.durable_end, log_end_));
  advance(effects);
}

// One that has more than we ever gave it has not compared its log with ours.
void Leader::apply(const Progressed& event, Time now, LeaderEffects& effects) {
  if (event.log_end > log_end_) return;
  if (in_sync_.progressed(leadership_, event, log_end_, now)) advance(effects);
}

void Leader::apply(const ProposalAnswered& event, Time now, LeaderEffects& effects) {
  in_sync_.answered(event, now);
  advance(effects);
}

void Leader::apply(const Tick&, Time, LeaderEffects&) {}

void Leader::apply(const Changed& event, Time now, LeaderEffects& effects) {
  const Leadership& to = event.to;
  ENSURE(to.leader_epoch == leadership_.leader_epoch && to.self == leadership_.self,
         "a change of leader is a new Leader: epoch {} to {}", leadership_.leader_epoch,
         to.leader_epoch);
  if (to.partition_epoch < leadership_.partition_epoch) return;
  in_sync_.changed(leadership_, to, now);
  leadership_ = to;
  effects.sync_all = leadership_.stable_by == StableBy::durable_end && durable_end_ < log_end_;
  advance(effects);
  // They were admitted with enough and cannot be answered now: kafka-facts.md 2.4, step 1.
  if (!enough_in_sync()) {
    for (const Waiter& waiter : for_committed_) effects.too_few.push_back(waiter.id);
    for_committed_.clear();
  }
}

void Leader::apply(const Waits& event, Time, LeaderEffects& effects) {
  switch (event.acks) {
    case Acks::none:
      effects.answer.push_back(event.waiter);
      return;
    case Acks::leader:
      if (event.end <= stable_end())
        effects.answer.push_back(event.waiter);
      else
        insert(for_stable_, {event.end, event.waiter});
      return;
    case Acks::all:
      if (event.end <= high_watermark_)
        effects.answer.push_back(event.waiter);
      else if (!enough_in_sync())
        effects.too_few.push_back(event.waiter);
      else
        insert(for_committed_, {event.end, event.waiter});
      return;
  }
}

std::vector<WaiterId> Leader::resign() {
  std::vector<WaiterId> all;
  all.reserve(waiter_count());
  for (const Waiter& waiter : for_stable_) all.push_back(waiter.id);
  for (const Waiter& waiter : for_committed_) all.push_back(waiter.id);
  for_stable_.clear();
  for_committed_.clear();
  return all;
}

bool Leader::enough_in_sync() const {
  return static_cast<std::int64_t>(leadership_.in_sync.size()) >= leadership_.min_in_sync;
}

// R3: the largest value that it had, or the smallest stable end of those who count. One of them
// that has not told under this epoch yet holds everything back.
void Leader::advance(LeaderEffects& effects) {
  release(for_stable_, stable_end(), effects.answer);
  if (!enough_in_sync() && !RW_PLANT(watermark_below_min_in_sync)) return;
  const auto smallest = in_sync_.smallest_stable_end(leadership_, stable_end());
  if (!smallest || (*smallest <= high_watermark_ && !RW_PLANT(watermark_goes_back))) return;
  high_watermark_ = *smallest;
  effects.high_watermark = high_watermark_;
  release(for_committed_, high_watermark_, effects.answer);
}

// Nearly always at the back: only a retry waits for an older end.
void Leader::insert(Waiters& queue, Waiter waiter) {
  auto at = queue.end();
  while (at != queue.begin() && waiter.end < std::prev(at)->end) --at;
  queue.insert(at, waiter);
}

void Leader::release(Waiters& queue, Offset up_to, std::vector<WaiterId>& into) {
  while (!queue.empty() && queue.front().end <= up_to) {
    into.push_back(queue.front().id);
    queue.pop_front();
  }
}

}  // namespace ropewalk::replication
