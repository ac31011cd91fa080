// Who keeps a copy of the metadata log, and changes of who votes.
#include <algorithm>
#include <utility>

#include "broker/quorum/raft_quorum.h"

namespace ropewalk::quorum {

Task<Result<Offset>> RaftQuorum::change_voters(Term expected, Voters voters) {
  if (failure_ || stopping_ || !leads() || expected != told_.term || expected != core_->term())
    co_return fail(Errc::not_controller, "broker {} does not lead the metadata log", options_.node);
  auto proposed = core_->change_voters(std::move(voters));
  co_return co_await wait_for(std::move(proposed));
}

QuorumLook RaftQuorum::look() const {
  QuorumLook look;
  if (!core_) return look;
  look.term = core_->term();
  look.log_end = core_->log_end().index;
  look.committed = core_->commit();
  for (const Voter& voter : core_->voters())
    look.members.push_back(member(key_of(voter), voter.endpoint, true));
  if (core_->role() == Role::leader)
    for (const ReplicaKey& key : core_->observers()) look.members.push_back(member(key, {}, false));
  return look;
}

QuorumMember RaftQuorum::member(const ReplicaKey& key, const env::Endpoint& recorded,
                                bool votes) const {
  QuorumMember member;
  member.replica = {key.id, key.directory, recorded};
  member.votes = votes;
  const bool self = key == core_->self();
  if (self)
    member.replica.endpoint = options_.endpoint;
  else if (const auto heard = heard_from_.find(key); heard != heard_from_.end())
    member.replica.endpoint = heard->second;
  if (core_->role() != Role::leader) return member;
  member.alive = core_->hears(key);
  member.caught_up = !votes && core_->caught_up(key);
  const auto standing = core_->standing(key);
  if (self) member.log_end = core_->log_end().index;
  if (standing && standing->match > Offset(0)) member.log_end = standing->match;
  if (standing) member.silent = options_.tick * standing->silent_ticks;
  return member;
}

}  // namespace ropewalk::quorum
