#include "broker/quorum/raft/voter_history.h"

#include <algorithm>

namespace ropewalk::quorum {

const Voters& VoterHistory::at(Offset index) const {
  auto list = lists_.rbegin();
  while (list + 1 != lists_.rend() && list->first > index) ++list;
  return list->second;
}

void VoterHistory::truncate_from(Offset first) {
  while (lists_.size() > 1 && lists_.back().first >= first) lists_.pop_back();
}

void VoterHistory::forget_before(Offset index) {
  while (lists_.size() > 1 && lists_[1].first <= index) lists_.pop_front();
}

void VoterHistory::reset(Offset index, Voters voters) {
  lists_.clear();
  lists_.emplace_back(index, std::move(voters));
}

bool has_voter(const Voters& voters, const ReplicaKey& key) {
  return std::ranges::any_of(voters, [&](const Voter& voter) { return key_of(voter) == key; });
}

}  // namespace ropewalk::quorum
