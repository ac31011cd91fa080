// The one moment at which a producer's or consumer's shell looks again by itself.
//
// On the client's core only. What it calls is held weakly: a shell that is gone is not called.
#pragma once

#include <memory>

#include "common/env/core.h"
#include "common/env/time.h"

namespace ropewalk::client {

class ShellTimer {
 public:
  // Calls the owner's `look` at `when`, in place of what was set before; env::kNever: not at all.
  template <class Owner>
  void set(env::Core& core, env::MonotonicTime when, std::weak_ptr<Owner> owner,
           void (Owner::*look)()) {
    if (timer_ != env::TimerId::none) core.cancel(timer_);
    timer_ = env::TimerId::none;
    if (when == env::kNever) return;
    // `this` is a member of the owner, so it is there when the owner is.
    timer_ = core.call_at(when, [this, owner = std::move(owner), look] {
      const auto alive = owner.lock();
      if (!alive) return;
      timer_ = env::TimerId::none;
      ((*alive).*look)();
    });
  }

 private:
  env::TimerId timer_ = env::TimerId::none;
};

}  // namespace ropewalk::client
