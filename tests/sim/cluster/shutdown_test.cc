// Brokers that are told to stop hand over what they lead first (metadata-quorum.md, 6.4).
#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

class Shutdown : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto started = cluster_.start_all();
    ASSERT_TRUE(started) << to_string(started.error());
    ASSERT_TRUE(cluster_.world().run_until([&] { return cluster_.controller().has_value(); }, 30s));
  }
  std::vector<DescribedPartition> partitions() {
    const auto described = admin_.describe_topics({"orders"});
    EXPECT_TRUE(described) << to_string(described.error());
    return described ? described->at(0).partitions : std::vector<DescribedPartition>{};
  }
  sim::Duration now() { return cluster_.world().now(); }

  SimCluster cluster_{{.brokers = 3, .seed = sim::seed_from_environment(5)}};
  Admin admin_{cluster_.client()};
};

TEST_F(Shutdown, ABrokerEndsOnceTheOthersKnow) {
  const std::size_t other = (*cluster_.controller() + 1) % 3;
  ASSERT_TRUE(admin_.create_topic({.name = "orders", .partitions = 6}));
  const sim::Duration began = now();
  cluster_.stop(other);
  EXPECT_LT(now() - began, 2s) << "it was let go, not given up";
  const auto gone = static_cast<std::int32_t>(other) + 1;
  for (const auto& partition : partitions()) EXPECT_NE(partition.leader, gone);
}

TEST_F(Shutdown, TheControllerEndsLikewise) {
  const std::size_t first = *cluster_.controller();
  const sim::Duration began = now();
  cluster_.stop(first);
  EXPECT_LT(now() - began, 2s);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return cluster_.controller().has_value() && cluster_.controller() != first; }, 30s));
}

// The second one has nobody to ask, and ends all the same; so does the last.
TEST_F(Shutdown, AllEndOneAfterTheOther) {
  for (std::size_t broker = 0; broker < 3; broker++) {
    const sim::Duration began = now();
    cluster_.stop(broker);
    EXPECT_LT(now() - began, 20s) << broker;
  }
  const auto started = cluster_.start_all();
  EXPECT_TRUE(started) << to_string(started.error());
}

// What clients see of a rolling restart: nothing. Afterwards everybody leads what it is to lead.
TEST_F(Shutdown, ARollingRestartIsNoErrorToAClient) {
  ASSERT_TRUE(admin_.create_topic({.name = "orders", .partitions = 6}));
  Producer producer(cluster_.client(), {.linger = 1ms});
  std::vector<Delivery> deliveries;
  const auto send = [&] {
    for (std::int32_t i = 0; i < 60; i++)
      deliveries.push_back(producer.send({.topic = "orders", .value = "v", .partition = i % 6}));
  };
  const auto all_of = [&](auto holds) {
    return cluster_.world().run_until([&] { return std::ranges::all_of(partitions(), holds); },
                                      90s);
  };
  for (std::size_t broker = 0; broker < 3; broker++) {
    send();
    cluster_.world().run_for(2ms);
    send();
    cluster_.stop(broker);
    send();
    ASSERT_TRUE(producer.flush(60s));
    ASSERT_TRUE(cluster_.start(broker));
    ASSERT_TRUE(all_of([](const auto& each) { return each.in_sync_replicas.size() == 3; }));
  }
  for (Delivery& delivery : deliveries) {
    const auto result = delivery.wait(1s);
    EXPECT_TRUE(result) << to_string(result.error());
  }
  EXPECT_TRUE(all_of([](const auto& each) { return each.leader == each.replicas.front(); }));
}

}  // namespace
}  // namespace ropewalk::testing
