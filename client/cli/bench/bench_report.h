// What a run of `ropewalk bench` measured, as text. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/bench/latency_histogram.h"
#include "common/error.h"

namespace ropewalk::cli {

struct BenchReport {
  struct Latency {
    std::string name;  // "acknowledgement".
    LatencyHistogram seen;
  };
  std::string bench;          // "produce".
  std::uint64_t records = 0;  // Acknowledged, or consumed.
  std::uint64_t bytes = 0;    // Of their keys and values.
  std::uint64_t failed = 0;   // Sent, but not acknowledged.
  std::uint64_t unsent = 0;   // Due by the rate, but there was no time for them.
  std::chrono::nanoseconds took{0};
  std::chrono::microseconds cpu{0};  // Of this process, meanwhile.
  std::vector<Latency> latencies = {};
  std::optional<Error> error = {};  // Why the run ended early.
};

// Tables. The error is not in it: it is said on stderr.
std::string report_text(const BenchReport& report);
// One object in one line.
std::string report_json(const BenchReport& report);

}  // namespace ropewalk::cli
