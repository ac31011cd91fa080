#include "common/env/event.h"

#include <vector>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/env/waiters.h"

namespace ropewalk::env {

namespace {

constexpr boost::asio::use_awaitable_t<Executor> kUseTask;

}  // namespace

struct Event::State : std::enable_shared_from_this<Event::State> {
  explicit State(Core& on) : core(on), table(waiters_of(on.executor().context())) {}

  struct Waiting {
    std::uint64_t id;
    TimerId timer;
  };

  void finish(std::uint64_t id, Errc outcome) {
    std::erase_if(waiting, [&](const Waiting& waiter) {
      if (waiter.id != id) return false;
      if (waiter.timer != TimerId::none) core.cancel(waiter.timer);
      return true;
    });
    complete(id, outcome);
  }

  void finish_all(Errc outcome) {
    for (const Waiting& waiter : std::exchange(waiting, {})) {
      if (waiter.timer != TimerId::none && !table->closed()) core.cancel(waiter.timer);
      complete(waiter.id, outcome);
    }
  }

  // The task goes on in a job of its own: whoever sets an event is not interrupted by those who
  // wait for it.
  void complete(std::uint64_t id, Errc outcome) {
    if (auto handler = table->take(id))
      core.post([handler = std::move(handler), outcome]() mutable { handler(outcome); });
  }

  void add(WaiterTable::Complete handler, boost::asio::cancellation_slot slot,
           MonotonicTime deadline) {
    const std::uint64_t id = table->add(std::move(handler));
    if (id == 0) return;
    TimerId timer = TimerId::none;
    std::weak_ptr<State> weak = weak_from_this();
    if (deadline != kNever) {
      timer = core.call_at(deadline, [weak, id] {
        if (auto state = weak.lock()) state->finish(id, Errc::request_timed_out);
      });
    }
    waiting.push_back({id, timer});
    if (slot.is_connected()) {
      slot.assign([weak, id](boost::asio::cancellation_type) {
        if (auto state = weak.lock()) state->finish(id, Errc::cancelled);
      });
    }
  }

  static Task<Errc> wait(std::shared_ptr<State> state, MonotonicTime deadline, bool cancellable) {
    auto initiate = [state, deadline, cancellable](auto handler) {
      auto slot = boost::asio::get_associated_cancellation_slot(handler);
      if (!cancellable) slot = {};
      state->add(std::move(handler), slot, deadline);
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                                   void(Errc)>(std::move(initiate), kUseTask);
  }

  Core& core;
  std::shared_ptr<WaiterTable> table;
  std::vector<Waiting> waiting;  // In the order in which they came.
  bool set = false;
};

Event::Event(Core& core) : state_(std::make_shared<State>(core)) {}

Event::~Event() { state_->finish_all(Errc::closed); }

void Event::set() {
  state_->set = true;
  state_->finish_all(Errc::none);
}

void Event::reset() { state_->set = false; }

bool Event::is_set() const { return state_->set; }

Task<Result<void>> Event::wait() { return wait_until(kNever); }

Task<Result<void>> Event::wait_until(MonotonicTime deadline) {
  auto state = state_;
  const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != boost::asio::cancellation_type::none)
    co_return fail(Errc::cancelled, "the waiting task was stopped");
  if (state->set) co_return Result<void>();
  const Errc outcome = co_await State::wait(state, deadline, true);
  if (outcome != Errc::none) co_return fail(outcome, "waiting for an event");
  co_return Result<void>();
}

Task<void> Event::wait_to_the_end() {
  auto state = state_;
  if (state->set) co_return;
  co_await State::wait(state, kNever, false);
}

}  // namespace ropewalk::env
