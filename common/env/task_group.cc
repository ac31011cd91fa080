#include "common/env/task_group.h"

#include <cstdint>
#include <exception>
#include <map>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "common/env/event.h"
#include "common/env/waiters.h"

namespace ropewalk::env {

struct TaskGroup::State {
  explicit State(Core& on) : core(on), table(waiters_of(on.executor().context())), empty(on) {
    empty.set();
  }

  struct Running {
    std::string_view name;
    boost::asio::cancellation_signal cancellation;
  };

  void ended(std::uint64_t id) {
    running.erase(id);
    if (running.empty()) empty.set();
  }

  Core& core;
  std::shared_ptr<WaiterTable> table;
  Event empty;  // Set while nothing runs.
  std::map<std::uint64_t, Running> running;
  std::uint64_t last_id = 0;
  bool stopping = false;
};

namespace {

// A cancelled task finds out by the results of what it awaits, never by an exception in the middle.
Task<void> run_without_throwing(Task<void> task) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

void report_escaped_exception(std::string_view name, const std::exception_ptr& escaped) {
  try {
    std::rethrow_exception(escaped);
  } catch (const boost::system::system_error& error) {
    // Stopped before its first step: the only place where Asio itself throws.
    if (error.code() == boost::asio::error::operation_aborted) return;
    ENSURE(false, "task '{}' let an exception escape: {}", name, error.what());
  } catch (const std::exception& error) {
    ENSURE(false, "task '{}' let an exception escape: {}", name, error.what());
  }
}

}  // namespace

TaskGroup::TaskGroup(Core& core) : state_(std::make_shared<State>(core)) {}

TaskGroup::~TaskGroup() {
  if (state_->running.empty() || state_->table->closed()) return;
  ENSURE(false, "a task group ends while {} of its tasks run, the first is '{}'",
         state_->running.size(), state_->running.begin()->second.name);
}

bool TaskGroup::spawn(std::string_view name, Task<void> task) {
  if (state_->stopping) return false;
  const std::uint64_t id = ++state_->last_id;
  State::Running& entry = state_->running[id];
  entry.name = name;
  state_->empty.reset();
  // Ends the entry also when the frame is destroyed with its io_context, unfinished.
  std::shared_ptr<void> ending(nullptr, [state = std::weak_ptr(state_), id](void*) {
    if (auto alive = state.lock()) alive->ended(id);
  });
  auto completed = [name, ending = std::move(ending)](std::exception_ptr escaped) {
    if (escaped) report_escaped_exception(name, escaped);
  };
  boost::asio::co_spawn(
      state_->core.executor(), run_without_throwing(std::move(task)),
      boost::asio::bind_cancellation_slot(entry.cancellation.slot(), std::move(completed)));
  return true;
}

std::size_t TaskGroup::size() const { return state_->running.size(); }

bool TaskGroup::stopping() const { return state_->stopping; }

Core& TaskGroup::core() { return state_->core; }

Task<void> TaskGroup::stop() {
  auto state = state_;
  state->stopping = true;
  std::vector<std::uint64_t> ids;
  for (const auto& [id, running] : state->running) ids.push_back(id);
  for (std::uint64_t id : ids) {
    const auto found = state->running.find(id);
    if (found != state->running.end())
      found->second.cancellation.emit(boost::asio::cancellation_type::terminal);
  }
  while (!state->running.empty()) co_await state->empty.wait_to_the_end();
}

}  // namespace ropewalk::env
