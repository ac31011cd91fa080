#include "common/env/real/real_core.h"

#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include "common/env/real/await.h"
#include "common/env/real/threads.h"
#include "common/error.h"

namespace ropewalk::env::real {
namespace {

thread_local RealCore* t_current = nullptr;
thread_local const void* t_home = nullptr;

MonotonicTime monotonic_now() {
  return MonotonicTime(std::chrono::steady_clock::now().time_since_epoch());
}

// One suspended sleep: ended by its timer or by cancellation, whichever comes first.
template <class Handler>
struct Sleep {
  explicit Sleep(Handler h) : handler(std::move(h)) {}
  Handler handler;
  TimerId timer = TimerId::none;
};

}  // namespace

RealCore::RealCore(const void* home, std::size_t index)
    : home_(home),
      index_(index),
      context_(std::make_unique<boost::asio::io_context>(1)),
      alarm_(std::make_unique<AsioTimer>(context_->get_executor())),
      work_(context_->get_executor()) {}

RealCore::~RealCore() {
  ENSURE(!thread_.joinable(), "core {} is destroyed while its thread runs", index_);
  work_.reset();
  alarm_.reset();
  auto left = timers_.clear();
  left.clear();
  context_.reset();
}

void RealCore::start(const std::string& thread_name, bool pin) {
  thread_ = start_thread(thread_name, [this] { run(); });
  if (pin) pin_thread(thread_, index_);
}

void RealCore::run() {
  t_current = this;
  t_home = home_;
  context_->run();
  t_current = nullptr;
  t_home = nullptr;
}

void RealCore::stop() { context_->stop(); }

void RealCore::join() {
  if (thread_.joinable()) thread_.join();
}

RealCore* RealCore::current(const void* home) { return t_home == home ? t_current : nullptr; }

bool RealCore::is_current() const { return t_current == this; }

void RealCore::post(Job job) { boost::asio::post(*context_, std::move(job)); }

TimerId RealCore::call_at(MonotonicTime when, Job job) {
  const TimerId timer = timers_.add(when, std::move(job));
  if (!firing_) arm();
  return timer;
}

bool RealCore::cancel(TimerId timer) {
  // The alarm stays: re-arming for every cancelled deadline would cost more than waking up for
  // nothing now and then.
  Job job = timers_.take(timer);
  return job != nullptr;
}

void RealCore::arm() {
  if (timers_.empty() || !alarm_) return;
  const MonotonicTime next = timers_.next();
  if (next >= alarm_at_) return;
  alarm_at_ = next;
  alarm_->expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(next.time_since_epoch())));
  alarm_->async_wait([this](boost::system::error_code error) {
    if (!error) fire();  // Otherwise it was armed anew for an earlier time.
  });
}

void RealCore::fire() {
  alarm_at_ = kNever;
  firing_ = true;
  const MonotonicTime now = monotonic_now();
  const std::uint64_t mark = timers_.mark();
  while (Job job = timers_.take_due(now, mark)) job();
  firing_ = false;
  arm();
}

Task<bool> RealCore::sleep_until(MonotonicTime when) {
  const bool cancelled = co_await already_cancelled();
  if (cancelled) co_return false;
  auto initiate = [this, when](auto handler) {
    using State = Sleep<decltype(handler)>;
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    auto sleep = std::make_shared<State>(std::move(handler));
    sleep->timer = call_at(when, [sleep] { std::move(sleep->handler)(true); });
    if (!slot.is_connected()) return;
    slot.assign([this, weak = std::weak_ptr<State>(sleep)](boost::asio::cancellation_type) {
      auto held = weak.lock();
      if (!held || !cancel(held->timer)) return;
      // In a job of its own: the canceller is in the middle of something.
      post([held] { std::move(held->handler)(false); });
    });
  };
  co_return co_await boost::asio::async_initiate<const Awaitable, void(bool)>(std::move(initiate),
                                                                              kAwait);
}

}  // namespace ropewalk::env::real
