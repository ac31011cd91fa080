// When something that failed is tried again, counted in looks that come from time to time. Pure.
#pragma once

#include <algorithm>

namespace ropewalk::log {

// At the next look after the first failure, at the second one after another, then the fourth, ...
class RetrySchedule {
 public:
  static constexpr int kLooksMost = 12;

  void failed() {
    step_ = std::clamp(2 * step_, 1, kLooksMost);
    waits_ = step_;
  }
  void reset() { step_ = waits_ = 0; }  // It succeeded, or is not wanted any more.
  // Called once a look: whether it is time. Never without a failure.
  bool is_due() {
    if (waits_ == 0) return false;
    waits_--;
    return waits_ == 0;
  }

 private:
  int step_ = 0;
  int waits_ = 0;  // Looks, with the one at which it is due.
};

}  // namespace ropewalk::log
