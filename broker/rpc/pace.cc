#include "broker/rpc/pace.h"

#include <algorithm>

namespace ropewalk::rpc {

bool Pace::is_too_slow(const Look& look, env::Duration window) {
  if (look.rest == 0) {
    began_.reset();
    return false;
  }
  if (!began_) began_ = look;
  if (look.now - began_->now < window) return false;
  const std::uint64_t least =
      look.others_wait ? std::max<std::uint64_t>(began_->rest / kWindows, 1) : 1;
  const bool too_slow = look.moved - began_->moved < least;
  began_ = look;
  return too_slow;
}

}  // namespace ropewalk::rpc
