#include "common/env/sim/core.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "common/env/sim/environment.h"
#include "common/env/sim/operation.h"
#include "common/error.h"

namespace ropewalk::sim {

Operations& operations_of(SimCore& core) { return core.environment().operations(); }
env::Executor executor_of(SimCore& core) { return core.executor(); }
void wake(SimCore& core) { core.environment().world().wake(core); }

SimCore::SimCore(SimEnvironment& environment, std::size_t index, std::uint64_t number)
    : environment_(environment),
      index_(index),
      number_(number),
      context_(std::make_unique<Context>()) {
  work_.emplace(context_->get_executor());
  environment_.world().add_core(*this);
}

SimCore::~SimCore() { destroy_context(); }

env::Executor SimCore::executor() {
  ENSURE(context_, "core {} of {} used after its end", index_, environment_.label());
  return context_->get_executor();
}

bool SimCore::is_current() const { return environment_.world().current() == this; }
bool SimCore::alive() const { return environment_.alive(); }
bool SimCore::paused() const { return environment_.paused(); }
bool SimCore::poll_one() { return context_->poll_one() != 0; }

void SimCore::post(env::Job job) {
  if (!alive()) return;
  boost::asio::post(*context_, std::move(job));
  environment_.world().wake(*this);
}

void SimCore::arm(env::TimerId id, Timer& timer) {
  const Duration at = environment_.clock().true_time_of(timer.when, environment_.world().now());
  timer.event = environment_.world().schedule(at, &environment_, [this, id] { fire(id); });
}

void SimCore::fire(env::TimerId id) {
  auto it = timers_.find(id);
  // The node's clock may have been slowed or held since: then it is not time yet.
  if (environment_.now() < it->second.when) return arm(id, it->second);
  post([this, id] { run_timer(id); });
}

void SimCore::run_timer(env::TimerId id) {
  auto node = timers_.extract(id);
  if (node) node.mapped().job();  // Else it was cancelled between its event and now.
}

env::TimerId SimCore::call_at(env::MonotonicTime when, env::Job job) {
  if (!alive()) return env::TimerId::none;
  const auto id = static_cast<env::TimerId>(++last_timer_);
  Timer& timer = timers_[id];
  timer.when = when;
  timer.job = std::move(job);
  if (when != env::kNever) arm(id, timer);
  return id;
}

bool SimCore::cancel(env::TimerId id) {
  if (!alive()) return false;
  auto node = timers_.extract(id);
  if (!node) return false;
  environment_.world().cancel(node.mapped().event);
  return true;
}

Task<bool> SimCore::sleep_until(env::MonotonicTime when) {
  // Two steps: the timer is taken back when the wait was cancelled.
  auto timer = std::make_shared<env::TimerId>(env::TimerId::none);
  auto start = [this, when, timer](OperationRef<bool> operation) {
    *timer = call_at(when, [operation] { complete(operation, true); });
  };
  const bool slept = co_await suspend<bool>(*this, std::move(start));
  if (!slept) cancel(*timer);
  co_return slept;
}

void SimCore::shut_down() {
  auto timers = std::move(timers_);
  timers_.clear();
  timers.clear();
  if (context_) context_->shut_down();
}

void SimCore::destroy_context() {
  if (!context_) return;
  environment_.world().remove_core(*this);
  work_.reset();
  context_.reset();
}

}  // namespace ropewalk::sim
