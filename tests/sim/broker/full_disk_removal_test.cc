// A full disk that copies on write lets nothing go, either: what retention and a deleted topic
// would have freed is freed when there is room again, without a restart.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/producer.h"
#include "tests/support/http_peer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 4;
constexpr auto kOneCheck = 6min;    // Of retention.
constexpr auto kFewChecks = 16min;  // Enough for a second try that has to wait for one.

class FullDiskRemoval : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster_.start(0));
    const auto created = admin_.create_topic(
        {.name = "orders", .partitions = kPartitions, .settings = {{"segment.ms", "1000"}}});
    ASSERT_TRUE(created) << to_string(created.error());
    ProducerOptions options;
    options.batch_bytes = 2000;
    Producer producer(cluster_.client(), options);
    for (int i = 0; i < 400; i++)
      std::ignore = producer.send({.topic = "orders",
                                   .value = std::string(500, 'v'),
                                   .partition = static_cast<std::int32_t>(i % kPartitions)});
    ASSERT_TRUE(producer.close(60s));
    cluster_.world().run_for(10s);  // Checkpoints and indexes.
  }
  sim::Disk& disk() { return cluster_.disk(0, 1); }
  void fill() {
    disk().faults.copies_on_write = true;
    disk().faults.capacity_bytes = 0;  // Also without the reserve.
  }
  void make_room() { disk().faults.capacity_bytes = std::uint64_t{1} << 40; }
  std::int64_t segments() {
    return std::ranges::count_if(disk().files(),
                                 [](const std::string& file) { return file.ends_with(".log"); });
  }

  SimCluster cluster_{{.seed = 3, .directories = 2, .segment_bytes = 16 << 10}};
  Admin admin_{cluster_.client()};
};

TEST_F(FullDiskRemoval, RetentionTriesAgain) {
  const std::int64_t before = segments();
  ASSERT_GT(before, kPartitions);
  fill();
  ASSERT_TRUE(admin_.set_topic_config("orders", {{"retention.bytes", "1"}}));
  cluster_.world().run_for(kOneCheck);
  EXPECT_EQ(segments(), before);
  make_room();
  cluster_.world().run_for(kFewChecks);
  EXPECT_EQ(segments(), kPartitions / 2) << "one for each partition there";
}

TEST_F(FullDiskRemoval, ADeletedTopicGoesLater) {
  const std::int64_t before = segments();
  fill();
  ASSERT_TRUE(admin_.delete_topic("orders"));
  cluster_.world().run_for(kOneCheck);
  EXPECT_EQ(segments(), before);
  make_room();
  cluster_.world().run_for(kFewChecks);
  EXPECT_EQ(segments(), 0);
  cluster_.power_cut(0);
  ASSERT_TRUE(cluster_.start(0));
  support::HttpPeer peer(cluster_.world(), cluster_.world().node("client"), {"broker-1", 9644});
  EXPECT_THAT(peer.get("/metrics").body,
              ::testing::HasSubstr("ropewalk_replicas{state=\"damaged\"} 0\n"));
}

}  // namespace
}  // namespace ropewalk::testing
