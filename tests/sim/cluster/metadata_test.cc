// Three brokers keep the cluster's metadata together (M1, M3, M5, R7, R13 for several brokers).
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

class ThreeBrokers : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto started = cluster_.start_all();
    ASSERT_TRUE(started) << to_string(started.error());
  }
  std::size_t wait_for_controller() {
    EXPECT_TRUE(cluster_.world().run_until([&] { return cluster_.controller().has_value(); }, 30s));
    return cluster_.controller().value_or(0);
  }
  void create(const std::string& name, std::int32_t partitions = 3) {
    const auto created = admin_.create_topic({.name = name, .partitions = partitions});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  // Brokers that clients are told of.
  std::size_t alive() {
    const auto described = admin_.cluster_status();
    EXPECT_TRUE(described) << to_string(described.error());
    if (!described) return 0;
    return static_cast<std::size_t>(std::ranges::count_if(
        described->brokers, [](const auto& broker) { return !broker.fenced; }));
  }
  std::size_t topics() {
    const auto listed = admin_.list_topics();
    EXPECT_TRUE(listed) << to_string(listed.error());
    return listed ? listed->size() : 0;
  }

  SimCluster cluster_{{.brokers = 3, .seed = sim::seed_from_environment(5)}};
  Admin admin_{cluster_.client()};
};

TEST_F(ThreeBrokers, FindTogetherAndMakeTopics) {
  wait_for_controller();
  create("orders");
  create("payments");
  EXPECT_EQ(topics(), 2u);
}

TEST_F(ThreeBrokers, GoOnWithoutTheirController) {
  create("before");
  const std::size_t first = wait_for_controller();
  cluster_.kill(first);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return cluster_.controller().has_value() && cluster_.controller() != first; }, 30s));
  create("after");
  const auto started = cluster_.start(first);
  ASSERT_TRUE(started) << to_string(started.error());
  EXPECT_EQ(topics(), 2u);
}

// M3: not a session later, but when its connection breaks and a fresh one is refused.
TEST_F(ThreeBrokers, FenceADeadBrokerAtOnce) {
  const std::size_t controller = wait_for_controller();
  const std::size_t other = (controller + 1) % 3;
  cluster_.world().run_for(1s);
  cluster_.kill(other);
  EXPECT_TRUE(cluster_.world().run_until([&] { return alive() == 2; }, 500ms));
  ASSERT_TRUE(cluster_.start(other));
  // Whoever is asked may hear of it a moment later than the controller.
  EXPECT_TRUE(cluster_.world().run_until([&] { return alive() == 3; }, 500ms));
}

// The one who would have noticed dies with it; the next controller looks for itself.
TEST(FourBrokers, FenceAtOnceWhoDiesWithTheController) {
  SimCluster cluster({.brokers = 4, .voters = 3, .seed = sim::seed_from_environment(6)});
  const auto started = cluster.start_all();
  ASSERT_TRUE(started) << to_string(started.error());
  Admin admin(cluster.client());
  ASSERT_TRUE(cluster.world().run_until([&] { return cluster.controller().has_value(); }, 30s));
  const std::size_t first = *cluster.controller();
  ASSERT_LT(first, 3u);
  cluster.kill(first);
  cluster.kill(3);
  ASSERT_TRUE(cluster.world().run_until(
      [&] { return cluster.controller().has_value() && cluster.controller() != first; }, 30s));
  const auto alive = [&] {
    const auto described = admin.cluster_status();
    if (!described) return std::ptrdiff_t{-1};
    return std::ranges::count_if(described->brokers, [](const auto& each) { return !each.fenced; });
  };
  EXPECT_TRUE(cluster.world().run_until([&] { return alive() == 2; }, 500ms));
}

TEST_F(ThreeBrokers, KeepWhatWasAnsweredOverAPowerCutOfAll) {
  for (int i = 0; i < 5; i++) create("topic-" + std::to_string(i));
  for (std::size_t broker = 0; broker < 3; broker++) cluster_.power_cut(broker);
  const auto started = cluster_.start_all();
  ASSERT_TRUE(started) << to_string(started.error());
  EXPECT_EQ(topics(), 5u);
}

// Where messages take long, so may a controller.
TEST(ElectionTimeout, SaysHowLongASilentControllerIsWaitedFor) {
  SimCluster cluster({.brokers = 3, .seed = sim::seed_from_environment(5), .election_timeout = 8s});
  ASSERT_TRUE(cluster.start_all());
  const auto agreed = [&] { return cluster.controller().has_value(); };
  ASSERT_TRUE(cluster.world().run_until(agreed, 60s));
  const std::size_t silent = *cluster.controller();
  cluster.world().network().isolate(cluster.node(silent).name());
  const auto is_missed = [&] { return cluster.controller() != silent; };
  EXPECT_FALSE(cluster.world().run_until(is_missed, 7s));
  cluster.kill(silent);
  EXPECT_TRUE(cluster.world().run_until([&] { return agreed() && is_missed(); }, 60s));
}

}  // namespace
}  // namespace ropewalk::testing
