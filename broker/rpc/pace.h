// Whether what a peer sends, or takes, moves on. Looked at now and then; pure.
//
// Memory is lent to a request that is coming and to an answer that is going. In each window of time
// something must move; while others do without that memory, a part of what was there when the
// window began. So the larger it is the faster it must move, and a small one may be slow.
#pragma once

#include <cstdint>
#include <optional>

#include "common/env/time.h"

namespace ropewalk::rpc {

class Pace {
 public:
  // While others wait, everything must have moved in so many windows.
  static constexpr std::uint64_t kWindows = 4;

  struct Look {
    env::MonotonicTime now;
    std::uint64_t rest = 0;   // What is still to move; 0: nothing is.
    std::uint64_t moved = 0;  // What has moved so far, of this and of everything before it.
    bool others_wait = false;
  };
  // Whether too little moved in a window that ends with this look.
  bool is_too_slow(const Look& look, env::Duration window);
  // It did not move for reasons that are not the peer's.
  void excuse() { began_.reset(); }

 private:
  std::optional<Look> began_;  // The look at which the window began.
};

}  // namespace ropewalk::rpc
