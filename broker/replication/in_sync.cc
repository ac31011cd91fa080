#include "broker/replication/in_sync.h"

#include <algorithm>
#include <utility>

#include "common/plant.h"

namespace ropewalk::replication {
namespace {

using Members = std::vector<metadata::InSyncMember>;

const Peer* peer_of(const Leadership& leadership, BrokerId id) {
  const auto found = leadership.replicas.find(id);
  return found == leadership.replicas.end() ? nullptr : &found->second;
}

Members members_of(const Leadership& leadership, const std::set<BrokerId>& ids) {
  Members members;
  for (const BrokerId id : ids) {
    const Peer* peer = peer_of(leadership, id);
    members.push_back({id, peer ? peer->incarnation : IncarnationId()});
  }
  return members;
}

}  // namespace

bool is_refusal(const ProposalAnswered& answer) {
  if (answer.of_older_term) return false;
  switch (answer.outcome) {
    case Errc::fenced_leader_epoch:
    case Errc::invalid_update_version:
    case Errc::invalid_request:
    case Errc::ineligible_replica:
    case Errc::unknown_topic_or_partition:
      return true;
    default:
      return false;
  }
}

InSync::InSync(const Leadership& leadership, ReplicationTimes times, Offset epoch_start, Time now)
    : times_(times), epoch_start_(epoch_start), next_proposal_at_(now) {
  for (const BrokerId id : leadership.in_sync)
    if (id != leadership.self) followers_[id].caught_up_at = now;
}

std::map<BrokerId, Offset> InSync::log_ends() const {
  std::map<BrokerId, Offset> ends;
  for (const auto& [id, follower] : followers_)
    if (follower.told) ends.emplace(id, follower.log_end);
  return ends;
}

bool InSync::progressed(const Leadership& leadership, const Progressed& event, Offset log_end,
                        Time now) {
  const Peer* peer = peer_of(leadership, event.follower);
  if (event.leader_epoch != leadership.leader_epoch || event.follower == leadership.self || !peer ||
      peer->incarnation != event.incarnation)
    return false;
  Follower& follower = followers_[event.follower];
  if (follower.told && event.generation < follower.generation) return false;
  if (!follower.told || event.generation > follower.generation) {
    follower.log_end = event.log_end;
    follower.durable_end = event.durable_end;
  } else {  // Messages of one life may overtake each other.
    follower.log_end = std::max(follower.log_end, event.log_end);
    follower.durable_end = std::max(follower.durable_end, event.durable_end);
  }
  follower.generation = event.generation;
  // Under steady load it never is where our log ends now: it reaches where that ended a while ago,
  // and was caught up then.
  const Offset stable = stable_end(leadership, follower);
  const bool reached = follower.told && stable >= follower.mark;
  if (stable >= log_end)
    follower.caught_up_at = now;
  else if (reached)
    follower.caught_up_at = std::max(follower.caught_up_at, follower.marked_at);
  if (reached || !follower.told || stable >= log_end) {
    follower.mark = log_end;
    follower.marked_at = now;
  }
  follower.told = true;
  return true;
}

void InSync::growing(const Leadership& leadership, Offset log_end, Time now) {
  for (auto& [id, follower] : followers_)
    if (follower.told && stable_end(leadership, follower) >= log_end) follower.caught_up_at = now;
}

void InSync::changed(const Leadership& before, const Leadership& after, Time now) {
  for (auto it = followers_.begin(); it != followers_.end();) {
    const Peer* had = peer_of(before, it->first);
    const Peer* has = peer_of(after, it->first);
    const bool same_life = had && has && had->incarnation == has->incarnation;
    it = same_life || (!had && !has) ? std::next(it) : followers_.erase(it);
  }
  // What one that has left told before may be why it had to: it must tell anew to come back.
  for (const BrokerId id : before.in_sync)
    if (const auto left = followers_.find(id);
        left != followers_.end() && !after.in_sync.contains(id))
      left->second.told = false;
  // A new member has its time from now on, however long it was out.
  for (const BrokerId id : after.in_sync) {
    if (id == after.self) continue;
    if (!followers_.contains(id) || !before.in_sync.contains(id)) followers_[id].caught_up_at = now;
  }
  if (pending_ && after.partition_epoch > pending_->proposal.partition_epoch) {
    pending_.reset();
    next_proposal_at_ = now;
  }
}

void InSync::answered(const ProposalAnswered& answer, Time now) {
  if (!pending_ || pending_->proposal.ticket != answer.ticket) return;
  if (answer.outcome == Errc::none) {
    pending_->accepted = true;
    return;
  }
  const bool refused = is_refusal(answer);
  if (refused && (!pending_->repeated || RW_PLANT(rejection_of_repeat_ends_union))) {
    pending_.reset();
    next_proposal_at_ = now + times_.proposal_retry;
    return;
  }
  if (refused) pending_->withdrawn = true;
  pending_->again_at = now + times_.proposal_retry;
}

std::optional<InSyncProposal> InSync::propose(const Leadership& leadership, const Ends& own,
                                              Time now) {
  if (pending_) return repeat(leadership, own, now);
  if (now < next_proposal_at_) return std::nullopt;
  for (const auto& [id, peer] : leadership.replicas)
    if (may_add(leadership, id, own)) return begin(leadership, id, true);
  for (const BrokerId id : leadership.in_sync)
    if (lags_at(leadership, id, own) <= now) return begin(leadership, id, false);
  return std::nullopt;
}

InSyncProposal InSync::begin(const Leadership& leadership, BrokerId member, bool adds) {
  std::set<BrokerId> wanted = leadership.in_sync;
  if (adds)
    wanted.insert(member);
  else
    wanted.erase(member);
  pending_ = Pending{.proposal = {.ticket = next_ticket_++,
                                  .leader_epoch = leadership.leader_epoch,
                                  .partition_epoch = leadership.partition_epoch,
                                  .in_sync = members_of(leadership, wanted)},
                     .member = member,
                     .adds = adds};
  return pending_->proposal;
}

// R6: unchanged, the lives of the members included. Who was proposed and is no longer wanted leaves
// only by a withdrawal, since an older copy may still be decided.
std::optional<InSyncProposal> InSync::repeat(const Leadership& leadership, const Ends& own,
                                             Time now) {
  Pending& pending = *pending_;
  if (pending.accepted || !pending.again_at || now < *pending.again_at) return std::nullopt;
  pending.again_at.reset();
  pending.repeated = true;
  pending.withdrawn |= is_unwanted(leadership, own, now);
  InSyncProposal copy = pending.proposal;
  if (pending.withdrawn) {
    copy.in_sync = members_of(leadership, leadership.in_sync);
  } else if (RW_PLANT(repeat_takes_new_incarnation)) {
    for (auto& member : copy.in_sync)
      if (const Peer* peer = peer_of(leadership, member.broker))
        member.incarnation = peer->incarnation;
  }
  return copy;
}

bool InSync::is_unwanted(const Leadership& leadership, const Ends& own, Time now) const {
  const Pending& pending = *pending_;
  if (!pending.adds) return lags_at(leadership, pending.member, own) > now;
  if (RW_PLANT(repeat_takes_new_incarnation)) return false;
  const Peer* peer = peer_of(leadership, pending.member);
  const auto told =
      std::ranges::find(pending.proposal.in_sync, pending.member, &metadata::InSyncMember::broker);
  return !peer || !peer->may_join || peer->incarnation != told->incarnation;
}

Time InSync::next_tick(const Leadership& leadership, const Ends& own) const {
  if (pending_) {
    return pending_->accepted || !pending_->again_at ? env::kNever : *pending_->again_at;
  }
  Time first = env::kNever;
  for (const auto& [id, peer] : leadership.replicas)
    if (may_add(leadership, id, own)) first = next_proposal_at_;
  for (const BrokerId id : leadership.in_sync)
    first = std::min(first, std::max(next_proposal_at_, lags_at(leadership, id, own)));
  return first;
}

std::optional<Offset> InSync::smallest_stable_end(const Leadership& leadership, Offset own) const {
  Offset smallest = own;
  const auto count_in = [&](BrokerId id) {
    const auto found = followers_.find(id);
    if (found == followers_.end() || !found->second.told) return false;
    smallest = std::min(smallest, stable_end(leadership, found->second));
    return true;
  };
  for (const BrokerId id : leadership.in_sync) {
    if (id == leadership.self) continue;
    if (RW_PLANT(removal_counted_before_applied) && pending_ && !pending_->adds &&
        pending_->member == id)
      continue;
    if (!count_in(id)) return std::nullopt;
  }
  if (pending_ && pending_->adds && !count_in(pending_->member)) return std::nullopt;
  return smallest;
}

Offset InSync::stable_end(const Leadership& leadership, const Follower& follower) const {
  return leadership.stable_by == StableBy::durable_end ? follower.durable_end : follower.log_end;
}

bool InSync::may_add(const Leadership& leadership, BrokerId id, const Ends& own) const {
  if (id == leadership.self || leadership.in_sync.contains(id)) return false;
  const Peer* peer = peer_of(leadership, id);
  const auto found = followers_.find(id);
  if (!peer || !peer->may_join || found == followers_.end() || !found->second.told) return false;
  const Offset stable = stable_end(leadership, found->second);
  return stable >= own.high_watermark &&
         (stable >= epoch_start_ || RW_PLANT(join_without_epoch_start));
}

Time InSync::lags_at(const Leadership& leadership, BrokerId id, const Ends& own) const {
  if (id == leadership.self) return env::kNever;
  const auto found = followers_.find(id);
  if (found == followers_.end()) return env::kNever;
  const Follower& follower = found->second;
  const bool caught_up =
      follower.told ? stable_end(leadership, follower) >= own.log_end : own.log_end == Offset(0);
  return caught_up ? env::kNever : follower.caught_up_at + times_.replica_lag_max;
}

}  // namespace ropewalk::replication
