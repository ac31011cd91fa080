// The owner of running tasks: nothing is detached.
//
// Belongs to one core; all tasks of the group run there. It refuses new work after stop(), cancels
// what runs, and waits until it is empty. The last member of its owner, so that it ends first.
#pragma once

#include <memory>
#include <string_view>

#include "common/env/core.h"
#include "common/env/task.h"

namespace ropewalk::env {

class TaskGroup {
 public:
  explicit TaskGroup(Core& core);
  // A group that is not empty is a bug (ENSURE), unless its core's executor is being destroyed.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts the task soon, on the group's core (never inside this call). False, and the task is
  // destroyed unstarted, once stop() was called. `name` must outlive the task (a literal): it names
  // the task in messages. On the group's core only. An exception that leaves a task is a bug and
  // ends the process with its name.
  bool spawn(std::string_view name, Task<void> task);

  std::size_t size() const;
  bool stopping() const;
  Core& core();

  // Cancels every task and returns when all have ended. On the group's core, not from one of its
  // own tasks. May be called again, also by several: each returns when the group is empty.
  Task<void> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ropewalk::env
