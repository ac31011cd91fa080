// A core: one io_context run by one thread, with its timers.
//
// Everything bound to a core (its connections, tasks, events) is used on that core's thread only.
// In the simulation a core is one (node, core) pair and all of them share one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "common/env/task.h"
#include "common/env/time.h"

namespace ropewalk::env {

using Job = std::move_only_function<void()>;

// Zero is no timer.
enum class TimerId : std::uint64_t { none = 0 };

class Core {
 public:
  virtual ~Core() = default;

  // Data cores are 0 .. core_count()-1; the control core comes after them.
  virtual std::size_t index() const = 0;
  virtual Executor executor() = 0;

  // Whether the calling thread is this core's (in the simulation: whether the running event is).
  virtual bool is_current() const = 0;

  // Runs the job on this core soon, never inside this call. Any thread. Jobs of one caller keep
  // their order. After the core has stopped the job is destroyed without having run.
  virtual void post(Job job) = 0;

  // Runs the job on this core at `when` or soon after; at once (but not inside this call) when that
  // has passed. On this core only.
  virtual TimerId call_at(MonotonicTime when, Job job) = 0;
  // Whether the job was still waiting; it is destroyed then. On this core only.
  virtual bool cancel(TimerId timer) = 0;

  // Suspends the calling task, which must run on this core. Returns false when the task was
  // cancelled meanwhile.
  virtual Task<bool> sleep_until(MonotonicTime when) = 0;
};

}  // namespace ropewalk::env
