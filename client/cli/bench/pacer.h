// When each record of a run is due, and when the run is over. Pure.
//
// Open loop: with a rate, records are due at moments that are known beforehand, and their latency
// counts from then. So a broker that stands still makes all late that should have been sent
// meanwhile, not only the one that it kept waiting (coordinated omission).
#pragma once

#include <cstdint>
#include <optional>

#include "client/cli/bench/bench_options.h"
#include "common/env/time.h"

namespace ropewalk::cli {

class Pacer {
 public:
  Pacer(env::MonotonicTime start, BenchLimit limit, std::optional<std::uint64_t> rate);

  // When record `number` (from 0) is due; nothing once the run is over. Without a rate it is due
  // now.
  std::optional<env::MonotonicTime> due(std::uint64_t number, env::MonotonicTime now) const;
  // How many records should have been sent by then; as many as were, without a rate.
  std::uint64_t due_by(env::MonotonicTime now, std::uint64_t sent) const;

 private:
  env::MonotonicTime end() const;

  env::MonotonicTime start_;
  BenchLimit limit_;
  std::optional<std::uint64_t> rate_;
};

}  // namespace ropewalk::cli
