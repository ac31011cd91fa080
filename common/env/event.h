// Waiting for something that happens on the same core.
//
// An Event is set or not. wait() returns at once while it is set. Used on one core only, by any
// number of waiters; it must outlive them. Environment-independent: built on Core alone.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "common/env/core.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::env {

class Environment;

class Event {
 public:
  explicit Event(Core& core);
  ~Event();  // Waiters that are left complete with Errc::closed.
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set();  // Wakes all waiters; later waits return at once until reset().
  void reset();
  bool is_set() const;

  // Errors: cancelled (the waiting task was), closed (the event was destroyed).
  Task<Result<void>> wait();
  // As wait(), or request_timed_out. kNever waits without a deadline.
  Task<Result<void>> wait_until(MonotonicTime deadline);

 private:
  friend class TaskGroup;
  // Goes on waiting when the task is cancelled: for those who must see the end.
  Task<void> wait_to_the_end();

  struct State;
  std::shared_ptr<State> state_;
};

// One value, set on any core, awaited by one task on the core that the slot was made for. Copies
// share the slot: give one to the side that completes.
template <class T>
class OneShot {
 public:
  explicit OneShot(Core& core) : state_(std::make_shared<State>(core)) {}

  // Any thread; the first call counts. The waiter goes on in a job of its own core.
  void set(T value) const {
    state_->core.post([state = state_, value = std::move(value)]() mutable {
      if (state->value) return;
      state->value.emplace(std::move(value));
      state->event.set();
    });
  }

  // On the slot's core, once. Errors: cancelled, request_timed_out, closed.
  Task<Result<T>> wait_until(MonotonicTime deadline) {
    auto state = state_;
    auto waited = co_await state->event.wait_until(deadline);
    if (!waited) co_return std::unexpected(std::move(waited).error());
    co_return std::move(*state->value);
  }

 private:
  struct State {
    explicit State(Core& on) : core(on), event(on) {}
    Core& core;
    Event event;
    std::optional<T> value;
  };
  std::shared_ptr<State> state_;
};

}  // namespace ropewalk::env
