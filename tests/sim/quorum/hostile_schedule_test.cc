// Many worlds, each under its own seed: no rule of the quorum is broken in any of them.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/env/sim/simulation.h"
#include "tests/sim/quorum/world.h"
#include "tests/support/sanitized.h"

namespace ropewalk::quorum::hostile {
namespace {

constexpr std::uint64_t kSeeds = support::seeds_here(1600);
constexpr std::uint64_t kShards = 4;

// A fault may abort the program in the middle of a world, which is to be found again.
char where[64];
void say_where(int) {
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, where, std::strlen(where));
}
void be_at(std::uint64_t seed) {
  std::snprintf(where, sizeof where, "replay with RW_SEED=%lu\n", seed);
  std::signal(SIGABRT, say_where);
}

class HostileSchedule : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void run_seed(std::uint64_t seed) {
    be_at(seed);
    World world(seed);
    const std::string fault = world.run();
    if (!fault.empty()) ADD_FAILURE() << fault << "\n" << where << world.describe();
    seen_.add(world.seen());
    ticks_ += world.ticks();
  }
  void report(std::chrono::duration<double> taken) const {
    const auto simulated = static_cast<double>(ticks_) * 0.020;  // At 20 ms a tick.
    std::printf("%.0f simulated seconds, %.0f in a second\n%s\n", simulated,
                simulated / taken.count(), seen_.describe().c_str());
  }

  Coverage seen_;
  Time ticks_ = 0;
};

// RW_SEED runs that one seed instead, in the first shard, and asks for no coverage.
TEST_P(HostileSchedule, BreaksNoRule) {
  const auto began = std::chrono::steady_clock::now();
  if (std::getenv("RW_SEED") != nullptr) {
    if (GetParam() != 0) GTEST_SKIP() << "RW_SEED is for the first shard";
    run_seed(sim::seed_from_environment(0));
    report(std::chrono::steady_clock::now() - began);
    return;
  }
  const std::uint64_t first = 1 + GetParam() * (kSeeds / kShards);
  for (std::uint64_t seed = first; seed < first + kSeeds / kShards; seed++) {
    run_seed(seed);
    if (HasFailure()) return;  // The first seed that fails is the one to look at.
  }
  report(std::chrono::steady_clock::now() - began);
  for (std::size_t i = 0; i < kSeenCount; i++) {
    const auto kind = static_cast<Seen>(i);
    EXPECT_GT(seen_.of(kind), 0U) << name_of(kind) << ": never happened";
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, HostileSchedule, ::testing::Range<std::uint64_t>(0, kShards));

}  // namespace
}  // namespace ropewalk::quorum::hostile
