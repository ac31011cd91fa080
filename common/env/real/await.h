// How this folder's coroutines wait for Asio's operations.
#pragma once

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/env/task.h"

namespace ropewalk::env::real {

using Awaitable = boost::asio::use_awaitable_t<Executor>;
inline constexpr Awaitable kAwait{};

// Whether the calling task has been cancelled already: a wait that began after the cancellation
// would never hear of it.
inline Task<bool> already_cancelled() {
  auto state = co_await boost::asio::this_coro::cancellation_state;
  co_return state.cancelled() != boost::asio::cancellation_type::none;
}

}  // namespace ropewalk::env::real
