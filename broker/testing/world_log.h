// Lines of the log with virtual time and who says it, on stdout; taken back in the end.
//
// RW_LOG=debug|info|warn says which; none without it. One at a time in a process has the log.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "common/env/sim/core.h"
#include "common/env/sim/environment.h"
#include "common/env/sim/world.h"
#include "common/log.h"

namespace ropewalk::testing {

class WorldLog {
 public:
  explicit WorldLog(sim::World& world) {
    const char* const wanted = std::getenv("RW_LOG");
    const std::string_view level = wanted == nullptr ? "" : wanted;
    configure_log(LogFormat::text, level == "debug"  ? LogLevel::debug
                                   : level == "info" ? LogLevel::info
                                   : level == "warn" ? LogLevel::warn
                                                     : LogLevel::off);
    set_log_sink([&world](std::string_view line) {
      sim::SimCore* const core = world.current();
      const std::string who = core == nullptr ? "" : core->environment().label();
      fmt::print("{:>10.6f} {:<12} {}\n", std::chrono::duration<double>(world.now()).count(), who,
                 line);
    });
  }
  ~WorldLog() {
    set_log_sink({});
    configure_log(LogFormat::text, LogLevel::info);
  }
  WorldLog(const WorldLog&) = delete;
  WorldLog& operator=(const WorldLog&) = delete;
};

}  // namespace ropewalk::testing
