// A client against a whole broker that goes and comes back: what its options promise holds there
// too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

const PartitionName kOrders{.topic = "orders", .partition = 0};

Timestamp at_ms(std::int64_t ms) { return Timestamp(std::chrono::milliseconds(ms)); }

std::vector<std::string> read_values(Consumer& consumer, std::size_t count) {
  std::vector<std::string> values;
  for (int polls = 0; values.size() < count && polls < 100; polls++) {
    const auto records = consumer.poll(10s);
    EXPECT_TRUE(records) << to_string(records.error());
    if (!records) break;
    for (const ConsumedRecord& record : *records) values.emplace_back(*record.value);
  }
  return values;
}

class ClientOfABroker : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster_.start(0));
    ASSERT_TRUE(Admin(cluster_.client())
                    .create_topic({.name = "orders",
                                   .partitions = 1,
                                   .settings = {{.name = "retention.ms", .value = "-1"}}}));
  }
  // "0", "1", ... at 1000, 1010, ... ms, in several batches.
  void fill(int records) {
    Producer producer(cluster_.client(), {.batch_bytes = 200});
    for (int i = 0; i < records; i++)
      (void)producer.send(
          {.topic = "orders", .value = std::to_string(i), .timestamp = at_ms(1000 + 10 * i)});
    ASSERT_TRUE(producer.close(60s));
  }

  SimCluster cluster_{{.seed = 11}};
};

TEST_F(ClientOfABroker, SeeksToATimeAndPausesOverARestart) {
  fill(40);
  Consumer consumer(cluster_.client(), {.poll_records_max = 10});
  ASSERT_TRUE(consumer.assign({kOrders}));
  ASSERT_TRUE(consumer.seek_to_time(kOrders, at_ms(1101)));
  EXPECT_EQ(read_values(consumer, 10).front(), "11");
  ASSERT_TRUE(consumer.pause({kOrders}));
  cluster_.kill(0);
  ASSERT_TRUE(cluster_.start(0));
  EXPECT_TRUE(consumer.poll(5s)->empty());
  ASSERT_TRUE(consumer.resume({kOrders}));
  EXPECT_EQ(read_values(consumer, 10).front(), "21");
  ASSERT_TRUE(consumer.seek_to_time(kOrders, at_ms(1'000'000)));
  EXPECT_EQ(consumer.position(kOrders).value(), 40);
}

// Every record is either stored or told to have been dropped, and the numbers say how many.
TEST_F(ClientOfABroker, DropsTheOldestWhileTheBrokerIsAway) {
  fill(1);
  std::size_t stored = 0;
  std::size_t dropped = 0;
  Producer producer(cluster_.client(),
                    {.batch_bytes = 500,
                     .buffer_bytes = 4000,
                     .when_full = WhenFull::drop_oldest,
                     .on_delivered = [&](const PartitionName&, const Result<Delivered>& delivered) {
                       stored += delivered ? 1 : 0;
                       dropped += !delivered && delivered.error().code == Errc::cancelled ? 1 : 0;
                     }});
  ASSERT_TRUE(producer.send({.topic = "orders", .value = "before"}).wait(60s));
  cluster_.kill(0);
  for (int i = 0; i < 200; i++) (void)producer.send({.topic = "orders", .value = "away"});
  const Delivery last = producer.send({.topic = "orders", .value = "last"});
  ASSERT_TRUE(cluster_.start(0));
  ASSERT_TRUE(producer.flush(120s));
  EXPECT_TRUE(last.wait()) << "the newest stays";
  const ProducerStatistics counted = producer.statistics();
  EXPECT_GT(dropped, 100u);
  EXPECT_EQ(stored + dropped, 202u);
  EXPECT_EQ(counted.records_acknowledged, stored);
  EXPECT_EQ(counted.records_dropped, dropped);
  EXPECT_GT(cluster_.client().statistics().reconnects, 0u);
  Consumer consumer(cluster_.client());
  ASSERT_TRUE(consumer.assign({kOrders}));
  EXPECT_EQ(read_values(consumer, stored + 1).size(), stored + 1);
  EXPECT_TRUE(consumer.poll(1s)->empty());
}

}  // namespace
}  // namespace ropewalk::testing
