// A result that is not there yet.
//
// Copies share it. All functions may be called from any thread. The result comes exactly once;
// closing or destroying whoever produces it makes it Errc::cancelled or Errc::closed.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/error.h"
#include "ropewalk/types.h"

namespace ropewalk {

namespace detail {

// Runs code of the program's. What leaves it as an exception comes back in words.
template <class F>
std::optional<std::string> words_of_exception(F&& run) {
  try {
    std::forward<F>(run)();
    return std::nullopt;
  } catch (const std::exception& exception) {
    return std::string(exception.what());
  } catch (...) {
    return std::string("an exception that is no std::exception");
  }
}

// How a thread waits for the I/O thread: implemented by the client over its environment.
class Waiting {
 public:
  virtual ~Waiting() = default;
  // Returns ready(), at the latest when the timeout has passed. Must not be called on the I/O
  // thread (in a callback): ENSURE.
  virtual bool wait(const std::function<bool()>& ready, std::chrono::nanoseconds timeout) = 0;
  // An exception left a callback: the client logs and counts it.
  virtual void callback_threw(std::string_view which, const std::string& words) {
    (void)which;
    (void)words;
  }
};

template <class T>
struct PendingState {
  // The first call counts. The callback, if there is one, runs in it; its exceptions end here.
  void set(Result<T> value) {
    std::function<void(const Result<T>&)> call;
    {
      const std::lock_guard lock(mutex);
      if (result) return;
      result.emplace(std::move(value));
      call = std::move(callback);
      callback = nullptr;
    }
    ready.store(true, std::memory_order_release);
    if (!call) return;
    if (const auto threw = words_of_exception([&] { call(*result); }))
      waiting->callback_threw("the callback of a pending result", *threw);
  }

  Waiting* waiting = nullptr;  // Lives as long as this.
  std::atomic<bool> ready{false};
  std::mutex mutex;
  std::optional<Result<T>> result;  // Never changes once ready.
  std::function<void(const Result<T>&)> callback;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Pending {
 public:
  using Callback = std::function<void(const Result<T>&)>;

  explicit Pending(std::shared_ptr<detail::PendingState<T>> state) : state_(std::move(state)) {}

  bool ready() const { return state_->ready.load(std::memory_order_acquire); }
  // Blocks until the result is there. Errors: the result's, or request_timed_out when the timeout
  // has passed first: the work goes on then, and waiting again may help. Not to be called in a
  // callback.
  Result<T> wait(std::chrono::nanoseconds timeout = std::chrono::hours(24)) const {
    if (!ready() && !state_->waiting->wait([this] { return ready(); }, timeout))
      return fail(Errc::request_timed_out, "the result is not there yet");
    return *state_->result;
  }
  // Runs on the I/O thread when the result comes, or here and now if it is there; what a closing
  // producer gives up is told on the closing thread. One callback; it must not block. An exception
  // that leaves it here and now is the caller's; one that leaves it later is logged, counted in
  // ClientStatistics::callback_failures, and goes no further: the I/O thread and all other results
  // carry on.
  void then(Callback callback) const {
    {
      const std::lock_guard lock(state_->mutex);
      if (!state_->result) {
        state_->callback = std::move(callback);
        return;
      }
    }
    callback(*state_->result);
  }

 private:
  std::shared_ptr<detail::PendingState<T>> state_;
};

// The fate of a record that was sent.
using Delivery = Pending<Delivered>;

}  // namespace ropewalk
