// The only door to the outside (architecture, D4): clocks, timers, network, files, chance, cores,
// stop signals.
//
// One Environment is one process (in the simulation: one life of one node). It is built first and
// destroyed last. Calls are safe from any of its cores' threads unless a class says otherwise.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/env/core.h"
#include "common/env/file.h"
#include "common/env/network.h"
#include "common/env/process_stats.h"
#include "common/env/random.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::env {

struct FileSystemOptions {
  std::string root;         // Made if missing (with its parents).
  std::size_t threads = 4;  // Of its pool; syncs may use all of them.
};

class Environment {
 public:
  virtual ~Environment() = default;

  virtual MonotonicTime now() const = 0;
  virtual BootTime boot_now() const = 0;
  virtual WallTime wall_now() const = 0;

  // Data cores 0 .. core_count()-1, and at index core_count() the control core.
  virtual std::size_t core_count() const = 0;
  virtual Core& core(std::size_t index) = 0;
  Core& control_core() { return core(core_count()); }
  // The core whose thread calls. Pre: it is one of ours.
  virtual Core& current_core() = 0;
  // Null outside the cores' threads.
  virtual Core* current_core_or_null() = 0;

  virtual Network& network() = 0;
  // Errors: permission_denied, io_error, invalid_request (a file is in the way).
  virtual Result<std::unique_ptr<FileSystem>> open_file_system(FileSystemOptions options) = 0;

  // A stream of chance; the same name gives the same stream in every run of one seed, and a fresh
  // one in the real world.
  virtual Random random(std::string_view stream) = 0;

  // Work that computes for long (decompressing large batches), off the cores; `done` runs on `back`
  // afterwards.
  virtual void compute(Job work, Core& back, Job done) = 0;

  // Real: what the system says about this process. May take milliseconds: ask from compute().
  virtual std::optional<ProcessStats> process_stats() { return std::nullopt; }

  // The callback runs on core 0 at SIGTERM or SIGINT (simulation: when the test stops the node).
  // One callback at a time.
  virtual void on_stop_signal(Job callback) = 0;

  // Simulation only: chance refuses an inline entry of a Serial, as another core being inside
  // would. Real: false.
  virtual bool serial_pretends_busy() { return false; }

  // Blocks the calling thread until `ready()` or the deadline; returns ready(). `ready` is called
  // on this thread, first at once, then after each notify(). In the simulation it runs the
  // scheduler meanwhile. Refused (ENSURE) inside a task.
  virtual bool block_until(const std::function<bool()>& ready, MonotonicTime deadline) = 0;
  // Makes threads in block_until() look again. Any thread.
  virtual void notify() = 0;
};

}  // namespace ropewalk::env
