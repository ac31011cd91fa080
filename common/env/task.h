// The coroutine type of the whole project.
//
// A Task is lazy, runs on one core's io_context and is the same type in the real and in the
// simulated environment. Asio's sockets, timers and co_spawn are instantiated in common/env only;
// everything else awaits the functions of these headers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace ropewalk::env {

// The concrete executor: half the cost of any_io_executor (performance-facts.md).
using Executor = boost::asio::io_context::executor_type;

template <class T>
using Task = boost::asio::awaitable<T, Executor>;

}  // namespace ropewalk::env

namespace ropewalk {
using env::Task;
}  // namespace ropewalk
