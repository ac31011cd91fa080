// A wait of a task that the simulated world will end.
//
// The environment owns its operations in a registry and everybody else refers to them weakly: an
// operation owns the coroutine that waits, which may own the connection or file that knows the
// operation; a strong reference there would be a cycle that outlives a killed node.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/env/core.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::sim {

class SimCore;

class OperationBase {
 public:
  virtual ~OperationBase() = default;
};

// The pending operations of one environment.
class Operations {
 public:
  std::uint64_t add(std::shared_ptr<OperationBase> operation) {
    pending_.emplace(++last_, std::move(operation));
    return last_;
  }
  // Null when it has ended already.
  std::shared_ptr<OperationBase> take(std::uint64_t id) {
    auto node = pending_.extract(id);
    return node ? std::move(node.mapped()) : nullptr;
  }
  // Destroys the waiting tasks, oldest first; they may come back here meanwhile.
  void drop_all() {
    while (!pending_.empty()) pending_.extract(pending_.begin());
  }

 private:
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::shared_ptr<OperationBase>> pending_;
};

Operations& operations_of(SimCore& core);
env::Executor executor_of(SimCore& core);
void wake(SimCore& core);

template <class T>
T cancelled_value() {
  if constexpr (std::is_same_v<T, bool>) {
    return false;
  } else {
    return T(std::unexpect, Error{Errc::cancelled, {}});
  }
}

template <class T>
class Operation final : public OperationBase {
 public:
  using Handler = boost::asio::any_completion_handler<void(T)>;
  Operation(SimCore& core, Handler handler) : core_(core), handler_(std::move(handler)) {}

  // The task goes on in a job of its core. The first call counts.
  void complete(T value) {
    auto self = operations_of(core_).take(id);
    if (!self) return;
    boost::asio::post(executor_of(core_),
                      [handler = std::move(handler_), value = std::move(value)]() mutable {
                        std::move(handler)(std::move(value));
                      });
    wake(core_);
  }

  std::uint64_t id = 0;

 private:
  SimCore& core_;
  Handler handler_;
};

template <class T>
using OperationRef = std::weak_ptr<Operation<T>>;

template <class T>
void complete(const OperationRef<T>& operation, T value) {
  if (auto held = operation.lock()) held->complete(std::move(value));
}

// Suspends the calling task, which runs on `core`; start(OperationRef<T>) arranges for the end.
// Cancelling the task ends it with cancelled (false for a bool).
template <class T, class Start>
Task<T> suspend(SimCore& core, Start start) {
  namespace asio = boost::asio;
  co_await asio::this_coro::throw_if_cancelled(false);
  auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return cancelled_value<T>();
  auto initiate = [&core, &start](auto handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    auto operation =
        std::make_shared<Operation<T>>(core, typename Operation<T>::Handler(std::move(handler)));
    OperationRef<T> ref = operation;
    operation->id = operations_of(core).add(operation);
    operation.reset();
    if (slot.is_connected())
      slot.assign([ref](asio::cancellation_type) { complete<T>(ref, cancelled_value<T>()); });
    start(ref);
  };
  asio::use_awaitable_t<env::Executor> token;
  T result = co_await asio::async_initiate<asio::use_awaitable_t<env::Executor>&, void(T)>(
      std::move(initiate), token);
  co_return result;
}

}  // namespace ropewalk::sim
