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
#include "tests/support/sanitized.h"

namespace ropewalk::testing {
namespace {

// Worlds that failed once: run first.
struct World {
  std::uint64_t seed = 0;
  WorldKind kind = {};
};
const WorldKind kThreeCopies{.factor = 3};
const WorldKind kThreeInMemory{.factor = 3, .replicated = true};
const World kOnceFailed[] = {{2},
                             {4},
                             {12},
                             {137},
                             {159},
                             {192},
                             {228},
                             {285},
                             {290},
                             {315},
                             {2378, kThreeCopies},
                             {3104, kThreeCopies},
                             {4022, kThreeInMemory},
                             {4141, kThreeInMemory}};

// Some two minutes on two cores; a sanitizer takes ten times as long for each.
constexpr std::uint64_t kSeeds = support::kSanitized ? 48 : 400;
constexpr std::uint64_t kShards = 4;
constexpr std::uint64_t kSeedsMore = 20;  // Of a shard, at most, until everything has happened.

// A fault may abort the program in the middle of a world, which is to be found again.
char where[400];
void say_where(int) {
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, where, std::strlen(where));
}
void be_at(const World& world) {
  std::snprintf(where, sizeof where,
                "replay with %sRW_SEED=%lu RW_LOG=info build/release/bin/test_sim_cluster "
                "--gtest_filter=*ClusterWorkload*\n",
                to_string(world.kind).c_str(), world.seed);
  std::signal(SIGABRT, say_where);
}

class ClusterWorkload : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void run(const World& world) {
    be_at(world);
    const Outcome outcome = run_world(world.seed, world.kind);
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
  // Which faults and events never happened.
  std::string missing() {
    std::string names;
    for (const auto& [fault, count] : totals_.faults)
      if (count == 0) names += fault + " ";
    for (const char* event : {"power_cut.torn_file", "power_cut.lost_write", "net.connection_lost",
                              "net.refused_connect", "net.silent_connect", "disk.sync_error",
                              "disk.write_error", "serial.refused"})
      if (totals_.events[event] == 0) names += fmt::format("{} ", event);
    for (const char* operation :
         {"moves", "drains", "preferred leaders", "topics made", "topics deleted"})
      if (totals_.operations[operation] == 0) names += fmt::format("{} ", operation);
    return names;
  }
  Totals totals_;
};

// RW_SEED runs that one seed instead, in the first shard, and asks for no coverage.
TEST_P(ClusterWorkload, KeepsWhatWasAcknowledged) {
  const WorldKind kind = kind_from_environment();
  const auto began = std::chrono::steady_clock::now();
  const auto report = [&] {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
    fmt::print("{}", totals_.describe(taken.count()));
  };
  if (std::getenv("RW_SEED") != nullptr) {
    if (GetParam() != 0) GTEST_SKIP() << "RW_SEED is for the first shard";
    run({sim::seed_from_environment(0), kind});
    return report();
  }
  if (GetParam() == 0)
    for (const World& world : kOnceFailed)
      if (!HasFailure()) run(world);
  const std::uint64_t first = 1 + GetParam() * (kSeeds / kShards);
  for (std::uint64_t seed = first; seed < first + kSeeds / kShards; seed++) {
    if (HasFailure()) return;  // The first seed that fails is the one to look at.
    run({seed, kind});
  }
  // What is rare may need a few worlds more.
  for (std::uint64_t more = 0; more < kSeedsMore && !HasFailure() && !missing().empty(); more++)
    run({kSeeds + 1 + GetParam() * kSeedsMore + more, kind});
  report();
  EXPECT_EQ(missing(), "") << "never happened";
  EXPECT_GT(totals_.elections, totals_.worlds);
}

INSTANTIATE_TEST_SUITE_P(Shards, ClusterWorkload, ::testing::Range<std::uint64_t>(0, kShards));

}  // namespace
}  // namespace ropewalk::testing
