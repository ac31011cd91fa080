#include "broker/quorum/raft/progress.h"

#include <algorithm>

namespace ropewalk::quorum {

void Progress::sent(Offset last, bool any) {
  if (state_ == State::probe) probing_ = true;
  if (state_ != State::replicate || !any) return;
  next_ = last + 1;
  in_flight_.push_back(last);
}

void Progress::heard(std::uint64_t round) {
  silent_ticks_ = 0;
  round_ = std::max(round_, round);
}

bool Progress::acknowledged(Offset index, Offset first_held) {
  while (!in_flight_.empty() && in_flight_.front() <= index) in_flight_.pop_front();
  const bool news = index > match_;
  match_ = std::max(match_, index);
  next_ = std::max(next_, match_ + 1);
  if (state_ == State::probe) {
    probing_ = false;
    if (index + 1 < next_) return news;  // An old answer: says nothing about this probe.
    state_ = State::replicate;
  } else if (state_ == State::snapshot && match_ + 1 >= first_held) {
    probe_from(match_ + 1);
  }
  return news;
}

bool Progress::rejected(Offset prev, Offset agreement) {
  // What it has proved it has; in a probe, only the answer to that probe counts.
  const bool old = prev <= match_ || (state_ == State::probe && prev + 1 != next_);
  if (state_ == State::snapshot || old) return false;
  probe_from(std::max(match_ + 1, std::min(prev, agreement + 1)));
  return true;
}

void Progress::probe_from(Offset next) {
  state_ = State::probe;
  probing_ = false;
  next_ = next;
  in_flight_.clear();
}

}  // namespace ropewalk::quorum
