// C29: a topic that does not wait for the disk, and the offsets that were told of it.
#include <map>

#include <gtest/gtest.h>

#include "broker/testing/cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

const PartitionName kOrders{.topic = "orders", .partition = 0};

class RelaxedTopic : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster_.start(0));
    ASSERT_TRUE(
        Admin(cluster_.client())
            .create_topic(
                {.name = "orders", .partitions = 1, .settings = {{"durability", "replicated"}}}));
  }
  void produce(int records) {
    Producer producer(cluster_.client(), {.batch_bytes = 100});
    std::vector<Delivery> deliveries;
    for (int i = 0; i < records; i++)
      deliveries.push_back(producer.send({.topic = "orders", .value = std::to_string(sent_++)}));
    for (std::size_t i = 0; i < deliveries.size(); i++) {
      const auto delivered = deliveries[i].wait(60s);
      ASSERT_TRUE(delivered) << to_string(delivered.error());
      told_[delivered->offset] = std::to_string(sent_ - records + static_cast<int>(i));
    }
  }
  std::map<std::int64_t, std::string> read_all() {
    std::map<std::int64_t, std::string> stored;
    Consumer consumer(cluster_.client());
    EXPECT_TRUE(consumer.assign({kOrders}));
    const std::int64_t end = consumer.end_offsets({kOrders}).value().at(0);
    for (int polls = 0; polls < 100 && consumer.position(kOrders).value_or(-1) < end; polls++)
      for (const ConsumedRecord& record : consumer.poll(10s).value())
        stored[record.offset] = *record.value;
    return stored;
  }
  std::int32_t leader_epoch() {
    return Admin(cluster_.client())
        .describe_topics({"orders"})
        .value()[0]
        .partitions[0]
        .leader_epoch;
  }

  Cluster cluster_{{.seed = 61}};
  std::map<std::int64_t, std::string> told_;
  int sent_ = 0;
};

TEST_F(RelaxedTopic, AKilledBrokerReusesNoOffset) {
  for (int life = 0; life < 5; life++) {
    produce(30);
    EXPECT_EQ(read_all(), told_) << life;
    cluster_.kill(0);
    ASSERT_TRUE(cluster_.start(0));
  }
  produce(30);
  EXPECT_EQ(read_all(), told_);
}

// What the power cut took may come again at its offset, but never in the epoch that was told: a
// reader that was further hears that it is out of range.
TEST_F(RelaxedTopic, WhatAPowerCutTookIsNotReplacedInSilence) {
  produce(30);
  cluster_.world().run_for(5s);
  cluster_.disk(0).faults.sync_stall = 1;
  cluster_.disk(0).faults.stall = 1h;
  produce(30);
  Consumer strict(cluster_.client(), {.offset_reset = OffsetReset::fail});
  ASSERT_TRUE(strict.assign({kOrders}));
  ASSERT_TRUE(strict.seek(kOrders, 60));
  EXPECT_TRUE(strict.poll(10ms).value().empty());
  const std::int32_t before = leader_epoch();
  cluster_.power_cut(0);
  cluster_.disk(0).faults.sync_stall = 0;
  ASSERT_TRUE(cluster_.start(0));
  EXPECT_GT(leader_epoch(), before);
  const auto kept = read_all();
  ASSERT_LT(kept.size(), 60u) << "this seed must lose something";
  EXPECT_GE(kept.size(), 30u) << "a quiet log is synced";
  for (const auto& [offset, value] : kept) EXPECT_EQ(value, told_[offset]);
  const auto polled = strict.poll(60s);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, Errc::offset_out_of_range);
}

}  // namespace
}  // namespace ropewalk::testing
