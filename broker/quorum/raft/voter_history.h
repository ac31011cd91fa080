// Who votes, entry by entry: a list of voters counts from the moment it is in the log, committed or
// not (Raft thesis, 4.1), and counts no more when it is cut away.
#pragma once

#include <deque>
#include <utility>

#include "broker/quorum/raft/entry.h"

namespace ropewalk::quorum {

class VoterHistory {
 public:
  // `voters` as of `index`, where a snapshot ends; empty if nobody is known yet.
  VoterHistory(Offset index, Voters voters) { reset(index, std::move(voters)); }

  const Voters& current() const { return lists_.back().second; }
  // After that entry. Pre: it is not before what forget_before() has kept.
  const Voters& at(Offset index) const;
  Offset last_change() const { return lists_.back().first; }

  // Entry `index` is a list of voters.
  void add(Offset index, Voters voters) { lists_.emplace_back(index, std::move(voters)); }
  void truncate_from(Offset first);
  // at() is no longer asked for anything before `index`.
  void forget_before(Offset index);
  void reset(Offset index, Voters voters);

 private:
  std::deque<std::pair<Offset, Voters>> lists_;  // Never empty.
};

bool has_voter(const Voters& voters, const ReplicaKey& key);

}  // namespace ropewalk::quorum
