// Whole clusters with clients, each world under its own seed: what was acknowledged is kept, once,
// in order, at its offset, whatever happens.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/env/sim/simulation.h"
#include "tests/sim/cluster/run.h"

namespace ropewalk::testing {
namespace {

// Seeds that failed once: run first.
constexpr std::uint64_t kOnceFailed[] = {2, 4, 12, 137, 159, 192, 228, 285, 290, 315};

constexpr std::uint64_t kSeeds = 60;
constexpr std::uint64_t kShards = 4;

// A fault may abort the program in the middle of a world, which is to be found again.
char where[160];
void say_where(int) {
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, where, std::strlen(where));
}
void be_at(std::uint64_t seed) {
  std::snprintf(where, sizeof where,
                "replay with RW_SEED=%lu RW_LOG=info build/release/bin/test_sim_cluster "
                "--gtest_filter=*ClusterWorkload*\n",
                seed);
  std::signal(SIGABRT, say_where);
}

class ClusterWorkload : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void run_seed(std::uint64_t seed) {
    be_at(seed);
    const Outcome outcome = run_world(seed);
    if (!outcome.wrong.empty())
      ADD_FAILURE() << outcome.wrong << "\n" << outcome.story << "\n" << where;
    const Totals& totals = outcome.totals;
    std::uint64_t faults = 0;
    for (const auto& [name, count] : totals.faults) faults += count;
    EXPECT_GT(faults, 0U) << "nothing happened\n" << where;
    EXPECT_GT(totals.acknowledged, 0U) << "nothing was acknowledged\n" << where;
    if (std::getenv("RW_SEED") != nullptr) fmt::print("{}\n", outcome.story);
    totals_.add(totals);
  }
  Totals totals_;
};

// RW_SEED runs that one seed instead, in the first shard, and asks for no coverage.
TEST_P(ClusterWorkload, KeepsWhatWasAcknowledged) {
  const auto began = std::chrono::steady_clock::now();
  const auto report = [&] {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
    fmt::print("{}", totals_.describe(taken.count()));
  };
  if (std::getenv("RW_SEED") != nullptr) {
    if (GetParam() != 0) GTEST_SKIP() << "RW_SEED is for the first shard";
    run_seed(sim::seed_from_environment(0));
    return report();
  }
  if (GetParam() == 0)
    for (const std::uint64_t seed : kOnceFailed)
      if (!HasFailure()) run_seed(seed);
  const std::uint64_t first = 1 + GetParam() * (kSeeds / kShards);
  for (std::uint64_t seed = first; seed < first + kSeeds / kShards; seed++) {
    if (HasFailure()) return;  // The first seed that fails is the one to look at.
    run_seed(seed);
  }
  report();
  for (const auto& [fault, count] : totals_.faults)
    EXPECT_GT(count, 0U) << fault << " never happened";
  for (const char* event :
       {"power_cut.torn_file", "power_cut.lost_write", "net.connection_lost", "net.refused_connect",
        "net.silent_connect", "disk.sync_error", "disk.write_error", "serial.refused"})
    EXPECT_GT(totals_.events[event], 0U) << event << " never happened";
  EXPECT_GT(totals_.elections, totals_.worlds);
  EXPECT_LT(totals_.leaderless, totals_.worlds / 3);
}

INSTANTIATE_TEST_SUITE_P(Shards, ClusterWorkload, ::testing::Range<std::uint64_t>(0, kShards));

}  // namespace
}  // namespace ropewalk::testing
