// What `ropewalk bench failover` saw, as text. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/bench/sent_records.h"
#include "common/error.h"

namespace ropewalk::cli {

struct FailoverRound {
  std::int32_t broker = -1;  // That led, and was killed; -1: nobody says.
  bool was_controller = false;
  std::chrono::nanoseconds gap{0};                          // While it was gone.
  std::optional<std::chrono::nanoseconds> return_gap = {};  // While it came back.
};

struct FailoverReport {
  std::vector<FailoverRound> rounds;
  SentRecords::Verdict records;
  std::optional<Error> error = {};  // Why the run ended early.
};

// The smallest of them that so much of all (0 to 1) does not exceed. Zero if there is none.
std::chrono::nanoseconds gap_at(const std::vector<FailoverRound>& rounds, double part);

// Tables. The error is not in it: it is said on stderr.
std::string failover_text(const FailoverReport& report);
// One object in one line.
std::string failover_json(const FailoverReport& report);

}  // namespace ropewalk::cli
