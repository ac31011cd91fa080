// A leader that goes: to a voter of its choice, or to whoever has most.
#include <algorithm>

#include "broker/quorum/raft/raft_core.h"

namespace ropewalk::quorum {

Result<void> RaftCore::transfer(BrokerId target) {
  if (role_ != Role::leader)
    return fail(Errc::not_controller, "broker {} does not lead the metadata log", self_.id);
  const auto found = std::ranges::find_if(
      progress_, [&](const auto& progress) { return progress.first.id == target; });
  if (found == progress_.end())
    return fail(Errc::invalid_request, "broker {} is no other voter of the metadata log", target);
  transfer_to_ = found->first;
  transfer_ticks_ = 0;
  hand_over_if_ready();
  return {};
}

// It must have everything, or it would not be elected.
void RaftCore::hand_over_if_ready() {
  if (!transfer_to_) return;
  const auto found = progress_.find(*transfer_to_);
  if (found != progress_.end() && found->second.match() == log_.end().index)
    send(*transfer_to_, TimeoutNow{});
}

// A target that does not come to lead in time may be gone.
void RaftCore::tick_transfer() {
  if (transfer_to_ && ++transfer_ticks_ >= config_.election_ticks) transfer_to_.reset();
}

void RaftCore::resign() {
  if (role_ != Role::leader) return;
  const auto best = std::ranges::max_element(progress_, {}, [&](const auto& progress) {
    const bool alive = progress.second.silent_ticks() < config_.election_ticks / 2;
    return alive ? progress.second.match() : Offset(-1);
  });
  if (best != progress_.end() && best->second.match() == log_.end().index)
    send(best->first, TimeoutNow{});
  const bool alone = progress_.empty();
  become_follower(state_.term, {});
  // The others first.
  timeout_ticks_ = alone ? 1 : timeout_ticks_ + config_.election_ticks;
}

}  // namespace ropewalk::quorum
