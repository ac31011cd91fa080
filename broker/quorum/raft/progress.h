// What a leader knows of one other voter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "broker/quorum/raft/entry.h"

namespace ropewalk::quorum {

class Progress {
 public:
  enum class State {
    probe,      // Where the logs agree is not known: one request, then its answer.
    replicate,  // Known: requests follow each other without waiting.
    snapshot,   // It fetches a snapshot; only heartbeats are sent.
  };

  explicit Progress(Offset next, std::uint32_t silent_ticks = 0)
      : next_(next), silent_ticks_(silent_ticks) {}

  State state() const { return state_; }
  Offset match() const { return match_; }  // Durable there, as it has proved in this term.
  Offset next() const { return next_; }
  std::uint64_t round() const { return round_; }
  std::uint32_t silent_ticks() const { return silent_ticks_; }

  // Whether entries may be sent now.
  bool open(std::size_t in_flight_max) const {
    return state_ == State::replicate ? in_flight_.size() < in_flight_max
                                      : state_ == State::probe && !probing_;
  }
  void tick() { silent_ticks_++; }
  // The heartbeat doubles as the next probe: the one before may be lost.
  void may_probe_again() { probing_ = false; }

  void sent(Offset last, bool any);
  void snapshot_offered() { state_ = State::snapshot; }
  // The leader's own log has lost what follows.
  void cut_back(Offset next) {
    if (state_ != State::snapshot) probe_from(std::min(next_, next));
  }
  void heard(std::uint64_t round);
  // Returns whether that was news.
  bool acknowledged(Offset index, Offset first_held);
  // Our entry at `prev` is not there; `agreement` may be. Returns false if that is an old story.
  bool rejected(Offset prev, Offset agreement);
  // It wants what is behind its log's end; up to `agreement` that may be the same as ours.
  void asked(Offset agreement) { probe_from(std::max(match_, agreement) + 1); }

 private:
  void probe_from(Offset next);

  State state_ = State::probe;
  Offset match_{0};
  Offset next_;
  bool probing_ = false;
  std::deque<Offset> in_flight_;  // The last index of each request that is not answered.
  std::uint64_t round_ = 0;       // The newest that it has answered.
  std::uint32_t silent_ticks_;
};

}  // namespace ropewalk::quorum
