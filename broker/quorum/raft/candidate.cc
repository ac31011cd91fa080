// Elections: who waits for a leader, who asks to be one, who votes.
#include <utility>

#include "broker/quorum/raft/raft_core.h"
#include "common/plant.h"

namespace ropewalk::quorum {
namespace {

// Long enough that who was asked has voted: two syncs, and a busy machine.
constexpr std::uint32_t kTurnTicks = 4;

}  // namespace

void RaftCore::tick_follower() {
  elapsed_ticks_++;
  if (elapsed_ticks_ >= timeout_ticks_ && may_campaign())
    campaign(true, false);
  else if (!is_voter())
    tick_observing();
}

// Also who is removed by an entry that may not be committed: if a leader of {A, B} removed itself
// and nobody else has that entry, B cannot be elected without it, and only A can bring it there.
bool RaftCore::may_campaign() const {
  const Offset change = voters_.last_change();
  return is_voter() || (change > commit_ && has_voter(voters_.at(change - 1), self_));
}

// Asks its leader again when an answer is late, and one voter after the other when there is none.
void RaftCore::tick_observing() {
  if (elapsed_ticks_ >= timeout_ticks_) become_follower(state_.term, {});
  if (fetch_again_in_ > 0 && --fetch_again_in_ > 0) return;
  ReplicaKey asked = leader_;
  if (asked.id == kNoBroker) {  // In its turn also anybody: all those may have been replaced.
    const std::size_t turn = next_voter_++ % (voters().size() + 1);
    if (turn < voters().size()) asked = key_of(voters()[turn]);
  }
  fetch(asked, log_.end());
}

void RaftCore::fetch(const ReplicaKey& from, const LogEnd& end) {
  fetch_again_in_ = 2 * config_.heartbeat_ticks;
  send(from, Fetch{.end = end, .commit = commit_});
}

void RaftCore::campaign(bool pre, bool transfer) {
  reset_election_timer();
  leader_ = {};
  offered_.reset();
  role_ = pre ? Role::pre_candidate : Role::candidate;
  if (!pre) {
    state_.term = state_.term.next();
    state_.voted_for = self_.id;
    hard_changed_ = true;
  }
  votes_ = {{self_, true}};
  VoteReply own{.pre = pre, .granted = true};
  Message from_self{self_, self_, pre ? state_.term.next() : state_.term, own};
  for (const Voter& voter : voters()) {
    const ReplicaKey key = key_of(voter);
    if (key == self_) continue;
    put({self_, key, from_self.term,
         VoteRequest{.pre = pre, .transfer = transfer, .end = log_.end()}});
    // Nobody lets it lead: perhaps it was removed. Whoever leads will tell.
    if (pre && lost_campaigns_ > 1) fetch(key, log_.end());
  }
  if (pre) lost_campaigns_++;
  handle(from_self, own);
}

bool RaftCore::hears_a_leader() const {
  return role_ == Role::leader ||
         (leader_.id != kNoBroker && elapsed_ticks_ < config_.election_ticks);
}

void RaftCore::handle(const Message& message, VoteRequest& request) {
  const bool has_all = request.end.up_to_date_with(log_.end()) || RW_PLANT(vote_without_log_check);
  if (request.pre) {
    const bool granted = message.term > state_.term && has_all && !hears_a_leader();
    const Term named = granted ? message.term : state_.term;
    put({self_, message.from, named, VoteReply{.pre = true, .granted = granted}});
    return;
  }
  const bool free = state_.voted_for == message.from.id ||
                    (state_.voted_for == kNoBroker && leader_.id == kNoBroker) ||
                    RW_PLANT(two_votes_in_a_term);
  const bool granted = free && has_all && role_ != Role::leader;
  if (granted && state_.voted_for != message.from.id) {
    state_.voted_for = message.from.id;
    hard_changed_ = true;
  }
  if (granted) elapsed_ticks_ = 0;
  send(message.from, VoteReply{.pre = false, .granted = granted});
}

void RaftCore::handle(const Message& message, VoteReply& reply) {
  if (role_ != (reply.pre ? Role::pre_candidate : Role::candidate)) return;
  const Term asked_for = reply.pre ? state_.term.next() : state_.term;
  if (reply.granted && message.term != asked_for) return;  // Of an earlier campaign.
  votes_[message.from] = reply.granted;
  const auto voted = [this](const ReplicaKey& key, bool yes) {
    const auto vote = votes_.find(key);
    return vote != votes_.end() && vote->second == yes;
  };
  if (has_majority([&](const ReplicaKey& key) { return voted(key, true); })) {
    if (reply.pre)
      campaign(false, false);
    else
      become_leader();
  } else if (has_majority([&](const ReplicaKey& key) { return voted(key, false); })) {
    become_follower(state_.term, {});
  }
}

void RaftCore::handle(const Message& message, TimeoutNow&) {
  if (is_voter() && role_ == Role::follower && leader_ == message.from) campaign(false, true);
}

void RaftCore::peer_down(BrokerId peer) {
  if (role_ != Role::follower || leader_.id != peer) return;
  leader_ = {};
  // All who were connected to it learn of it at the same time, and whoever asks while another one
  // asks costs both an election time-out. So they take turns.
  std::uint32_t before_us = 0;
  for (const Voter& voter : voters())
    if (voter.id != peer && voter.id < self_.id) before_us++;
  timeout_ticks_ = elapsed_ticks_ + 1 + before_us * kTurnTicks;
}

}  // namespace ropewalk::quorum
