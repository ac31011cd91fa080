// The background work of one data directory's logs: a task group on one core, reached from all.
//
// Files are made, cut and removed here, since a partition's Serial never suspends. The composition
// stops it after everything that spawns into it.
#pragma once

#include <string_view>

#include "common/env/core.h"
#include "common/env/task_group.h"

namespace ropewalk::log {

class HomeTasks {
 public:
  explicit HomeTasks(env::Core& core) : core_(core), group_(core) {}

  env::Core& core() { return core_; }
  // Any core. The task is destroyed unstarted once stop() was called. `name` is a literal.
  void spawn(std::string_view name, Task<void> task);
  // On the core. Cancels and waits.
  Task<void> stop() { return group_.stop(); }

 private:
  env::Core& core_;
  env::TaskGroup group_;
};

}  // namespace ropewalk::log
