#include "broker/replication/leader.h"

#include <algorithm>

namespace ropewalk::replication {

Leader::Leader(Leadership leadership, Offset log_end, Offset durable_end, Offset high_watermark)
    : leadership_(std::move(leadership)),
      self_{.log_end = log_end, .durable_end = durable_end},
      high_watermark_(high_watermark) {
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

LeaderEffects Leader::step(const LeaderEvent& event) {
  LeaderEffects effects;
  std::visit([&](const auto& happened) { apply(happened, effects); }, event);
  return effects;
}

void Leader::apply(const Written& event, LeaderEffects& effects) {
  ENSURE(event.log_end >= self_.log_end, "a leader's log went back from {} to {}", self_.log_end,
         event.log_end);
  self_.log_end = event.log_end;
  advance(effects);
}

void Leader::apply(const Synced& event, LeaderEffects& effects) {
  // Ends of syncs may arrive late and in any order.
  self_.durable_end = std::max(self_.durable_end, std::min(event.durable_end, self_.log_end));
  advance(effects);
}

void Leader::apply(const Progressed& event, LeaderEffects& effects) {
  Replica& replica = followers_[event.follower];
  replica.log_end = std::max(replica.log_end, event.log_end);
  replica.durable_end = std::max(replica.durable_end, event.durable_end);
  advance(effects);
}

void Leader::apply(const Changed& event, LeaderEffects& effects) {
  const Leadership& to = event.to;
  ENSURE(to.leader_epoch == leadership_.leader_epoch && to.self == leadership_.self,
         "a change of leader is a new Leader: epoch {} to {}", leadership_.leader_epoch,
         to.leader_epoch);
  if (to.partition_epoch < leadership_.partition_epoch) return;
  leadership_ = to;
  effects.sync_all =
      leadership_.stable_by == StableBy::durable_end && self_.durable_end < self_.log_end;
  advance(effects);
  // They were admitted with enough and cannot be answered now: kafka-facts.md 2.4, step 1.
  if (!enough_in_sync()) {
    for (const Waiter& waiter : for_committed_) effects.too_few.push_back(waiter.id);
    for_committed_.clear();
  }
}

void Leader::apply(const Waits& event, LeaderEffects& effects) {
  switch (event.acks) {
    case Acks::none:
      effects.answer.push_back(event.waiter);
      return;
    case Acks::leader:
      if (event.end <= stable_end(self_))
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

Offset Leader::stable_end(const Replica& replica) const {
  return leadership_.stable_by == StableBy::durable_end ? replica.durable_end : replica.log_end;
}

// R3: the largest value that it had, or the smallest stable end of the in-sync set. A member that
// has not reported under this epoch yet holds everything back.
void Leader::advance(LeaderEffects& effects) {
  release(for_stable_, stable_end(self_), effects.answer);
  if (!enough_in_sync()) return;
  Offset smallest = stable_end(self_);
  for (const BrokerId member : leadership_.in_sync) {
    if (member == leadership_.self) continue;
    const auto known = followers_.find(member);
    if (known == followers_.end()) return;
    smallest = std::min(smallest, stable_end(known->second));
  }
  if (smallest <= high_watermark_) return;
  high_watermark_ = smallest;
  effects.high_watermark = smallest;
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
