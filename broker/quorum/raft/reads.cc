// Reads that see everything which was committed before they began (Raft thesis, 6.4).
#include <algorithm>
#include <utility>

#include "broker/quorum/raft/raft_core.h"
#include "common/plant.h"

namespace ropewalk::quorum {

bool RaftCore::read_index(std::uint64_t context) {
  if (role_ != Role::leader) return false;
  if (RW_PLANT(stale_read))
    read_states_.push_back({context, commit_});
  else if (!in_office())
    early_reads_.push_back(context);  // What is committed is not known yet.
  else
    ask_round_for(context);
  return true;
}

// A deposed leader does not know that it is: only a round that began after the question proves that
// nobody else has committed anything before it.
void RaftCore::ask_round_for(std::uint64_t context) {
  reads_.push_back({context, commit_, ++round_});
  send_to_all(true);
  confirm_reads();
}

void RaftCore::start_early_reads() {
  if (!in_office()) return;
  for (const std::uint64_t context : std::exchange(early_reads_, {})) ask_round_for(context);
}

void RaftCore::confirm_reads() {
  const auto confirmed = [this](const Read& read) {
    return has_majority([&](const ReplicaKey& key) {
      if (key == self_) return true;
      const auto found = progress_.find(key);
      return found != progress_.end() && found->second.round() >= read.round;
    });
  };
  while (!reads_.empty() && confirmed(reads_.front())) {
    read_states_.push_back({reads_.front().context, reads_.front().index});
    reads_.pop_front();
  }
}

}  // namespace ropewalk::quorum
