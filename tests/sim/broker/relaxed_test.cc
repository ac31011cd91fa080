// C29: a topic that does not wait for the disk, and the offsets that were told of it.
#include <map>

#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
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
  // Records lie in many sectors: a power cut spares all of them by no chance.
  static std::string value_of(int number) { return fmt::format("{:0500}", number); }
  void produce(int records) {
    Producer producer(cluster_.client(), {.batch_bytes = 100});
    std::vector<Delivery> deliveries;
    for (int i = 0; i < records; i++)
      deliveries.push_back(producer.send({.topic = "orders", .value = value_of(sent_++)}));
    for (std::size_t i = 0; i < deliveries.size(); i++) {
      const auto delivered = deliveries[i].wait(60s);
      ASSERT_TRUE(delivered) << to_string(delivered.error());
      told_[delivered->offset] = value_of(sent_ - records + static_cast<int>(i));
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
  // 30 records that a power cut takes, behind 30 that it does not.
  void produce_more_than_is_synced() {
    produce(30);
    cluster_.world().run_for(5s);
    cluster_.disk(0).faults.sync_stall = 1;
    cluster_.disk(0).faults.stall = 1h;
    produce(30);
  }
  void lose_what_is_not_synced() {
    cluster_.power_cut(0);
    cluster_.disk(0).faults.sync_stall = 0;
    ASSERT_TRUE(cluster_.start(0));
  }
  // Polls until the consumer stands at `offset`.
  static void read_up_to(Consumer& consumer, std::int64_t offset) {
    for (int polls = 0; polls < 100 && consumer.position(kOrders).value_or(-1) < offset; polls++)
      ASSERT_TRUE(consumer.poll(10s));
    ASSERT_EQ(consumer.position(kOrders).value(), offset);
  }
  std::int32_t leader_epoch() {
    return Admin(cluster_.client())
        .describe_topics({"orders"})
        .value()[0]
        .partitions[0]
        .leader_epoch;
  }

  SimCluster cluster_{{.seed = 61}};
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
  produce_more_than_is_synced();
  Consumer strict(cluster_.client(), {.offset_reset = OffsetReset::fail});
  ASSERT_TRUE(strict.assign({kOrders}));
  ASSERT_TRUE(strict.seek(kOrders, 60));
  EXPECT_TRUE(strict.poll(10ms).value().empty());
  const std::int32_t before = leader_epoch();
  lose_what_is_not_synced();
  EXPECT_GT(leader_epoch(), before);
  const auto kept = read_all();
  ASSERT_LT(kept.size(), 60u) << "a power cut must lose something";
  EXPECT_GE(kept.size(), 30u) << "a quiet log is synced";
  for (const auto& [offset, value] : kept) EXPECT_EQ(value, told_[offset]);
  const auto polled = strict.poll(60s);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, Errc::offset_out_of_range);
}

// Readers that read what is lost and ask again only when the log is longer than they had seen it:
// where they stand there is a record, and it is another one.
TEST_F(RelaxedTopic, ReadersOfWhatAPowerCutTookAreToldThoughTheLogIsLonger) {
  produce_more_than_is_synced();
  Consumer strict(cluster_.client(), {.offset_reset = OffsetReset::fail});
  Consumer lenient(cluster_.client(), {.offset_reset = OffsetReset::latest});
  for (Consumer* const consumer : {&strict, &lenient}) {
    ASSERT_TRUE(consumer->assign({kOrders}));
    ASSERT_TRUE(consumer->seek(kOrders, 0));
    read_up_to(*consumer, 60);
    ASSERT_TRUE(consumer->pause({kOrders}));
    ASSERT_TRUE(consumer->poll(1s));
  }
  lose_what_is_not_synced();
  const auto kept = static_cast<std::int64_t>(read_all().size());
  ASSERT_LT(kept, 60) << "a power cut must lose something";
  told_.erase(told_.lower_bound(kept), told_.end());
  produce(100);

  ASSERT_TRUE(strict.resume({kOrders}));
  const auto polled = strict.poll(60s);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, Errc::offset_out_of_range);
  EXPECT_NE(polled.error().context.find(fmt::format("cut at {}", kept)), std::string::npos)
      << polled.error().context;

  ASSERT_TRUE(lenient.resume({kOrders}));
  std::map<std::int64_t, std::string> read;
  for (int polls = 0; polls < 100 && lenient.position(kOrders).value_or(-1) < kept + 100; polls++)
    for (const ConsumedRecord& record : lenient.poll(10s).value())
      read[record.offset] = *record.value;
  EXPECT_EQ(read, (std::map(told_.lower_bound(kept), told_.end())));
}

}  // namespace
}  // namespace ropewalk::testing
