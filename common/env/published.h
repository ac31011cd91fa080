// One immutable value that every core reads without synchronisation: one copy of the pointer a
// core, changed by a posted job.
//
// (libstdc++'s atomic<shared_ptr> is a lock and a race to TSan.) A reader on a core sees published
// values in order; two cores may see different ones for a moment.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "common/env/core.h"
#include "common/env/environment.h"

namespace ropewalk::env {

template <class T>
class Published {
 public:
  // The environment's cores, the control core included, all see `initial`. Build it before the
  // cores are in use.
  Published(Environment& environment, std::shared_ptr<const T> initial)
      : environment_(environment),
        copies_(std::make_shared<Copies>(environment.core_count() + 1, std::move(initial))) {}

  // On a core: that core's copy. The reference is good until the core's next job.
  const std::shared_ptr<const T>& get() const {
    return (*copies_)[environment_.current_core().index()];
  }

  // From any of the cores; one at a time. The own core sees it at once, others soon.
  void publish(std::shared_ptr<const T> value) {
    const std::size_t here = environment_.current_core().index();
    for (std::size_t index = 0; index < copies_->size(); index++) {
      if (index == here) continue;
      environment_.core(index).post([copies = copies_, index, value] { (*copies)[index] = value; });
    }
    (*copies_)[here] = std::move(value);
  }

 private:
  using Copies = std::vector<std::shared_ptr<const T>>;
  Environment& environment_;
  std::shared_ptr<Copies> copies_;
};

}  // namespace ropewalk::env
