#include "tests/sim/quorum/timeline.h"

#include <algorithm>
#include <utility>

namespace ropewalk::quorum::hostile {

void Timeline::after(Time delay, Step step) {
  events_.push_back({now_ + delay, next_number_++, std::move(step)});
  std::ranges::push_heap(events_, later);
}

void Timeline::run_until(Time moment, const std::function<bool()>& done) {
  while (!done()) {
    if (events_.empty() || events_.front().when > moment) {
      now_ = moment;
      return;
    }
    std::ranges::pop_heap(events_, later);
    Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.when;
    event.step();
  }
}

}  // namespace ropewalk::quorum::hostile
