// Follows a leader: takes its entries and snapshots, and acknowledges what they prove.
#include <algorithm>
#include <utility>

#include "broker/quorum/raft/raft_core.h"
#include "common/plant.h"

namespace ropewalk::quorum {

void RaftCore::follow(const Message& message) {
  ENSURE(role_ != Role::leader, "{} and {} both lead in term {}", self_.id, message.from.id,
         state_.term);
  if (role_ != Role::follower || leader_ != message.from) {
    become_follower(state_.term, message.from);
  }
  elapsed_ticks_ = 0;
  lost_campaigns_ = 0;
}

void RaftCore::handle(const Message& message, AppendRequest& request) {
  follow(message);
  const LogEnd had = log_.end();
  const bool nothing_new = request.entries.empty() && request.prev == had;
  AppendReply reply{.round = request.round};
  // What is committed is the same in every log of the present term and later.
  const bool matches = request.prev.index < commit_ || log_.has(request.prev) ||
                       (RW_PLANT(no_log_matching) && request.prev.index <= log_.end().index);
  if (!matches) {
    reply.rejected = true;
    reply.index = request.prev.index;
    reply.hint = log_.last_agreement({request.prev.index - 1, request.prev.term});
    answer_leader(reply);
    return;
  }
  const Offset proven = request.prev.index + static_cast<std::int64_t>(request.entries.size());
  take_entries(request);
  commit_to(std::min(request.commit, proven));
  reply.index = std::max(proven, commit_);
  // An observer asks once: who asked after every answer that comes twice would ask ever more.
  if (is_voter() || nothing_new || log_.end() != had) answer_leader(reply);
}

// Cuts only where another entry is in the way: a request that was overtaken proves less, and takes
// nothing back.
void RaftCore::take_entries(AppendRequest& request) {
  if (RW_PLANT(truncate_below_commit) && request.prev.index >= log_.before().index &&
      request.prev.index < log_.end().index)
    truncate_from(request.prev.index + 1);
  for (Entry& entry : request.entries) {
    if (entry.index <= log_.before().index) continue;  // In the snapshot.
    const auto here = log_.term_at(entry.index);
    if (here == entry.term) continue;
    if (here) {
      ENSURE(entry.index > commit_,
             "entry {} of term {} is to replace one of term {}, which is committed", entry.index,
             entry.term, *here);
      truncate_from(entry.index);
    }
    append(std::move(entry));
  }
}

// A voter acknowledges; an observer asks for what follows.
void RaftCore::answer_leader(const AppendReply& reply) {
  if (is_voter())
    send(leader_, reply);
  else
    fetch(leader_, reply.rejected ? reply.hint : log_.end());
}

void RaftCore::handle(const Message& message, SnapshotOffer& offer) {
  follow(message);
  if (offer.end.index <= commit_) {
    answer_leader({.index = commit_, .round = offer.round});
    return;
  }
  offered_ = Offer{message.from, offer.end};
  // The fetch may take longer than a leader may go without a sign of life. An observer's next word
  // is its next question.
  if (is_voter()) answer_leader({.index = commit_, .round = offer.round});
}

void RaftCore::handle(const Message& message, Elsewhere& elsewhere) {
  const bool asked = !is_voter() || lost_campaigns_ > 0;
  if (!asked || hears_a_leader() || elsewhere.leader.id == kNoBroker || elsewhere.leader == self_)
    return;
  if (!is_voter() && message.term == state_.term) leader_ = elsewhere.leader;
  fetch(elsewhere.leader, log_.end());
}

}  // namespace ropewalk::quorum
