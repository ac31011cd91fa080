// Three brokers whose processes and machines die at random, one or more at a time, while topics are
// made: what was answered is there afterwards, on all of them.
#include <cstdlib>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 6;

struct Tally {
  int made = 0;
  int refused = 0;
  int kills = 0;
  int power_cuts = 0;
};

// As a service manager would: who has given up is started again.
Result<void> start_all(SimCluster& cluster) {
  for (std::size_t broker = 0; broker < 3; broker++) {
    const auto started = cluster.started(broker);
    const bool gave_up = (started && !*started) || cluster.failure(broker);
    if (cluster.lives(broker) && gave_up) cluster.kill(broker);
  }
  return cluster.start_all();
}

void run_one(std::uint64_t seed, Tally& tally) {
  SimCluster cluster({.brokers = 3, .seed = seed});
  Admin admin(cluster.client());
  env::Random& random = cluster.world().random();
  std::set<std::string> answered;
  for (int round = 0; round < kRounds; round++) {
    const auto started = start_all(cluster);
    ASSERT_TRUE(started) << to_string(started.error());
    for (std::uint64_t i = 1 + random.below(3); i > 0; i--) {
      const std::string name = fmt::format("topic-{}-{}", round, i);
      // A name that is taken was made by a request whose answer was lost.
      const auto made = admin.create_topic({.name = name, .partitions = 2});
      if (made || made.error().code == Errc::topic_already_exists) answered.insert(name);
      (made ? tally.made : tally.refused)++;
      cluster.world().run_for(std::chrono::milliseconds(random.below(300)));
      const std::size_t victim = random.below(3);
      if (!cluster.lives(victim) || !random.chance(0.5)) continue;
      if (random.chance(0.5)) {
        cluster.kill(victim);
        tally.kills++;
      } else {
        cluster.power_cut(victim);
        tally.power_cuts++;
      }
      // At times the majority is away.
      if (random.chance(0.6)) cluster.begin_start(victim);
    }
    for (std::size_t broker = 0; broker < 3; broker++)
      if (cluster.lives(broker) && random.chance(0.2)) cluster.power_cut(broker);
  }
  const auto started = start_all(cluster);
  ASSERT_TRUE(started) << to_string(started.error());
  const auto listed = admin.list_topics();
  ASSERT_TRUE(listed) << to_string(listed.error());
  std::set<std::string> found;
  for (const DescribedTopic& topic : *listed) found.insert(topic.name);
  for (const std::string& name : answered) EXPECT_TRUE(found.contains(name)) << name;
}

TEST(ClusterFaults, AnsweredTopicsAreThereAfterwards) {
  Tally tally;
  const bool one = std::getenv("RW_SEED") != nullptr;
  const std::uint64_t first = sim::seed_from_environment(1);
  const std::uint64_t end = one ? first + 1 : first + 12;
  for (std::uint64_t seed = first; seed < end && !::testing::Test::HasFailure(); seed++) {
    SCOPED_TRACE(fmt::format("replay with RW_SEED={}", seed));
    run_one(seed, tally);
  }
  fmt::print("{} topics made, {} not, {} kills, {} power cuts\n", tally.made, tally.refused,
             tally.kills, tally.power_cuts);
  if (one) return;
  EXPECT_GT(tally.made, 50);
  EXPECT_GT(tally.kills, 20);
  EXPECT_GT(tally.power_cuts, 20);
}

}  // namespace
}  // namespace ropewalk::testing
