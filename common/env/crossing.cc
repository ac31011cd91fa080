#include "common/env/crossing.h"

#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ropewalk::env {
namespace {

Task<void> run_there(Task<void> task) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

}  // namespace

Task<void> on(Core& core, Task<void> task) {
  const Executor there = core.executor();
  Task<void> running = run_there(std::move(task));
  auto token = boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(),
                                                   boost::asio::use_awaitable_t<Executor>());
  co_await boost::asio::co_spawn(there, std::move(running), std::move(token));
}

}  // namespace ropewalk::env
