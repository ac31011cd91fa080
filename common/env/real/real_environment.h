// The environment of a real process: threads, sockets, files, clocks.
//
// How to live with it: make it, post the first work to core 0, run_until_stopped(). Whoever wants
// the end (a stop signal's callback, after the program's parts have been stopped) calls stop().
// After run_until_stopped() no core runs any more: destroy what was built on the cores, then the
// environment, which destroys tasks and jobs that were left waiting.
#pragma once

#include <cstddef>
#include <memory>

#include "common/env/environment.h"

namespace ropewalk::env {

struct RealOptions {
  std::size_t cores = 1;            // Data cores; the control core comes on top.
  bool pin = false;                 // Each core's thread to a processor of its own.
  std::size_t descriptors = 1000;   // Idle ones of all file systems together.
  std::size_t compute_threads = 1;  // For compute().
};

class RealEnvironment : public Environment {
 public:
  // Ends the cores after the job that each runs. Any thread; again is fine.
  virtual void stop() = 0;
  // Waits for stop() and for the cores' threads. Not from a core. Again is fine.
  virtual void run_until_stopped() = 0;
};

// The cores run at once. Threads get the names rw-core-0, rw-control, ...
std::unique_ptr<RealEnvironment> make_real_environment(RealOptions options);

}  // namespace ropewalk::env
