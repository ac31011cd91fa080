// A task group on each data core: for what outlives the connection that it belongs to.
//
// Made and stopped by its owner, after everybody who uses it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "common/env/crossing.h"
#include "common/env/environment.h"
#include "common/env/task.h"
#include "common/env/task_group.h"

namespace ropewalk::env {

class CoreGroups {
 public:
  explicit CoreGroups(Environment& environment) {
    for (std::size_t index = 0; index < environment.core_count(); index++)
      groups_.push_back(std::make_unique<TaskGroup>(environment.core(index)));
  }

  // Cancels the tasks and waits for them here. On their core.
  void wind_up(std::shared_ptr<TaskGroup> tasks) {
    TaskGroup& here = *groups_[tasks->core().index()];
    here.spawn("end of a connection", end(std::move(tasks)));
  }

  // Returns when all of them are empty.
  Task<void> stop() {
    for (const auto& group : groups_) co_await on(group->core(), group->stop());
  }

 private:
  static Task<void> end(std::shared_ptr<TaskGroup> tasks) { co_await tasks->stop(); }

  std::vector<std::unique_ptr<TaskGroup>> groups_;
};

}  // namespace ropewalk::env
