// Who votes changes one replica at a time (Raft thesis, chapter 4): the majorities of two lists
// that differ in one replica share a member.
#include <algorithm>
#include <set>

#include "broker/quorum/raft/raft_core.h"
#include "common/plant.h"

namespace ropewalk::quorum {
namespace {

std::vector<ReplicaKey> in_first_only(const Voters& first, const Voters& second) {
  std::vector<ReplicaKey> keys;
  for (const Voter& voter : first)
    if (!has_voter(second, key_of(voter))) keys.push_back(key_of(voter));
  return keys;
}

Result<void> check_list(const Voters& voters) {
  std::set<BrokerId> ids;
  for (const Voter& voter : voters)
    if (!ids.insert(voter.id).second)
      return fail(Errc::invalid_request, "broker {} is to vote twice", voter.id);
  if (voters.empty()) return fail(Errc::invalid_request, "nobody would be left to vote");
  return {};
}

}  // namespace

Result<Offset> RaftCore::change_voters(Voters voters) {
  if (role_ != Role::leader || transfer_to_)
    return fail(Errc::not_controller, "broker {} does not lead the metadata log", self_.id);
  if (!in_office() && !RW_PLANT(change_before_no_op))
    return fail(Errc::not_controller, "broker {} has not taken office yet", self_.id);
  if (voters_.last_change() > commit_ && !RW_PLANT(change_before_no_op))
    return fail(Errc::budget_exceeded, "another change of the voters is under way");
  std::ranges::sort(voters, {}, &Voter::id);
  TRY_VOID(check_list(voters));
  const auto added = in_first_only(voters, this->voters());
  const auto removed = in_first_only(this->voters(), voters);
  if (added.size() + removed.size() > 1)
    return fail(Errc::invalid_request,
                "voters change one at a time: to replace one, remove it and then add the other");
  if (!added.empty() && !caught_up(added.front()))
    return fail(Errc::not_enough_replicas,
                "broker {} (directory {}) has not fetched the metadata log to its end",
                added.front().id, added.front().directory);
  lead_entry(voters_batch(voters, config_.wall_time()));
  match_progress_to_voters();
  maybe_commit();  // The fewer may be enough already.
  confirm_reads();
  return log_.end().index;
}

void RaftCore::match_progress_to_voters() {
  for (const Voter& voter : voters()) {
    const ReplicaKey key = key_of(voter);
    if (key == self_ || progress_.contains(key)) continue;
    const auto observer = observers_.find(key);
    if (observer == observers_.end()) {
      progress_.emplace(key, Progress(log_.end().index + 1));
      continue;
    }
    // To be given a vote is no sign of life.
    progress_.emplace(key,
                      Progress(observer->second.agreed.index + 1, observer->second.silent_ticks));
    observers_.erase(observer);
  }
  std::erase_if(progress_,
                [&](const auto& progress) { return !has_voter(voters(), progress.first); });
}

}  // namespace ropewalk::quorum
