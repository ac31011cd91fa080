// Who waits for events on one io_context. For event.cc and task_group.cc only.
//
// A suspended task's frame belongs to its completion handler, and the handler to the io_context:
// were it kept in the Event, a frame that owns the event it waits for would own itself. So the
// handlers live in a service of the context, and destroying the context (a simulated crash)
// destroys the frames.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include <boost/asio/execution_context.hpp>

#include "common/error.h"

namespace ropewalk::env {

class WaiterTable {
 public:
  using Complete = std::move_only_function<void(Errc)>;

  std::uint64_t add(Complete complete);
  // Empty when that waiter is gone already.
  Complete take(std::uint64_t id);
  // Destroys all handlers, and with them the waiting tasks. Nothing is added or taken afterwards.
  void close();
  bool closed() const { return closed_; }

 private:
  std::map<std::uint64_t, Complete> waiting_;
  std::uint64_t last_id_ = 0;
  bool closed_ = false;
};

// The context's table. It outlives the context in the hands of those who still hold it.
std::shared_ptr<WaiterTable> waiters_of(boost::asio::execution_context& context);

}  // namespace ropewalk::env
