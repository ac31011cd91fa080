// Virtual time of one world: what is to happen, in order. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace ropewalk::quorum::hostile {

using Time = std::int64_t;
// What a replica's clock counts; with the default settings 20 ms. Messages take fractions of it.
inline constexpr Time kTick = 10;

class Timeline {
 public:
  using Step = std::move_only_function<void()>;

  Time now() const { return now_; }
  // Those of the same moment happen in the order in which they were asked for.
  void after(Time delay, Step step);
  // Until the moment, or until `done` holds (looked at after every step).
  void run_until(Time moment, const std::function<bool()>& done);

 private:
  struct Event {
    Time when;
    std::uint64_t number;
    Step step;
  };
  static bool later(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }

  Time now_ = 0;
  std::uint64_t next_number_ = 0;
  std::vector<Event> events_;  // A heap.
};

}  // namespace ropewalk::quorum::hostile
