// C55: the broker's wall clock jumps. Timers do not follow it, stored times do.
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

const PartitionName kOrders{.topic = "orders", .partition = 0};
constexpr auto kTwoChecks = 11min;  // Of retention.

class BrokerClock : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster_.start(0));
    ASSERT_TRUE(Admin(cluster_.client())
                    .create_topic({.name = "orders",
                                   .partitions = 1,
                                   .settings = {{.name = "message.timestamp.type",
                                                 .value = "LogAppendTime"}}}));
  }
  void jump(std::chrono::nanoseconds by) { cluster_.node(0).jump_wall_clock(by); }
  Timestamp broker_time() { return cluster_.node(0).environment().wall_now(); }
  // Answered in time, and with the broker's time of now.
  void produce() {
    const Timestamp before = broker_time();
    Producer producer(cluster_.client(), {});
    const auto delivered = producer.send({.topic = "orders", .value = "v"}).wait(10s);
    ASSERT_TRUE(delivered) << to_string(delivered.error());
    EXPECT_GE(delivered->timestamp, before);
    EXPECT_LE(delivered->timestamp, broker_time());
    last_ = delivered->offset;
  }
  std::int64_t begin() {
    Consumer consumer(cluster_.client());
    return consumer.beginning_offsets({kOrders}).value().at(0);
  }
  // A consumer that reads all there is, and waits at the end no longer than it asks.
  void read_all() {
    Consumer consumer(cluster_.client());
    ASSERT_TRUE(consumer.assign({kOrders}));
    for (int polls = 0; polls < 100 && consumer.position(kOrders).value_or(-1) <= last_; polls++) {
      const auto records = consumer.poll(10s);
      ASSERT_TRUE(records) << to_string(records.error());
      for (const ConsumedRecord& record : *records)
        EXPECT_GT(record.timestamp, Timestamp(std::chrono::years(30))) << "not of 1970";
    }
    EXPECT_EQ(consumer.position(kOrders).value(), last_ + 1);
  }

  SimCluster cluster_{{.seed = 31}};
  std::int64_t last_ = -1;
};

TEST_F(BrokerClock, AnHourBackDisturbsNobody) {
  produce();
  jump(-1h);
  produce();
  read_all();
  cluster_.world().run_for(kTwoChecks);
  produce();
  EXPECT_EQ(begin(), 0);
  cluster_.kill(0);
  jump(-1h);
  ASSERT_TRUE(cluster_.start(0)) << "a restart in the past";
  produce();
  read_all();
  EXPECT_EQ(begin(), 0);
}

TEST_F(BrokerClock, EightDaysAheadDeletesByTheRuleAndBackAgainNothing) {
  produce();
  jump(192h);
  produce();
  read_all();
  cluster_.world().run_for(kTwoChecks);
  produce();
  const std::int64_t kept = begin();
  EXPECT_LE(kept, 1) << "what was appended after the jump is new";
  jump(-192h);
  produce();
  read_all();
  cluster_.world().run_for(kTwoChecks);
  EXPECT_EQ(begin(), kept);
  produce();
  cluster_.stop(0);
  ASSERT_TRUE(cluster_.start(0));
  produce();
  read_all();
  EXPECT_EQ(begin(), kept);
}

}  // namespace
}  // namespace ropewalk::testing
