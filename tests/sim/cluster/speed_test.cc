// How much faster than life a cluster is simulated that has nothing to do. Under load: the swarm of
// workload_test says it.
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

TEST(ClusterSpeed, OfAnIdleCluster) {
  constexpr auto kIdle = 10min;
  SimCluster cluster({.brokers = 3, .seed = sim::seed_from_environment(1)});
  ASSERT_TRUE(cluster.start_all());
  Admin admin(cluster.client());
  ASSERT_TRUE(admin.create_topic({.name = "orders", .partitions = 12}));
  const auto controller = cluster.controller();
  const auto began = std::chrono::steady_clock::now();
  cluster.world().run_for(kIdle);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  const std::chrono::duration<double> simulated = kIdle;
  fmt::print("idle: {:.0f} simulated seconds, {:.0f} in a second\n", simulated.count(),
             simulated / taken);
  EXPECT_EQ(cluster.controller(), controller) << "it was not idle";
  const auto status = admin.cluster_status();
  ASSERT_TRUE(status) << to_string(status.error());
  EXPECT_EQ(status->under_replicated, 0);
}

}  // namespace
}  // namespace ropewalk::testing
