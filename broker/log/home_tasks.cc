#include "broker/log/home_tasks.h"

namespace ropewalk::log {

void HomeTasks::spawn(std::string_view name, Task<void> task) {
  if (core_.is_current()) {
    group_.spawn(name, std::move(task));
    return;
  }
  core_.post(
      [this, name, task = std::move(task)]() mutable { group_.spawn(name, std::move(task)); });
}

}  // namespace ropewalk::log
