// C31: a broker whose disk is full says so at once, goes on with all that needs no room, starts
// there, and takes records again by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class BrokerFullDiskCalls : public ::testing::Test {
 protected:
  void fill_up() {
    cluster_.disk(0).faults.capacity_bytes = cluster_.disk(0).used_bytes();
    cluster_.world().run_for(5s);
  }
  Result<Delivered> produce(const std::string& topic) {
    Producer producer(cluster_.client(), {.delivery_timeout = 20s});
    return producer.send({.topic = topic, .value = std::string(1000, 'v')}).wait(60s);
  }
  std::int64_t first_readable(const std::string& topic) {
    Consumer consumer(cluster_.client());
    EXPECT_TRUE(consumer.assign_topic(topic));
    const auto records = consumer.poll(60s);
    EXPECT_TRUE(records) << to_string(records.error());
    return records->empty() ? -1 : (*records)[0].offset;
  }

  SimCluster cluster_{{.seed = 51}};
};

TEST_F(BrokerFullDiskCalls, ServesAllThatNeedsNoRoomAndStartsAndResumes) {
  ASSERT_TRUE(cluster_.start(0));
  Admin admin(cluster_.client());
  for (const std::string topic : {"orders", "big"}) {
    ASSERT_TRUE(admin.create_topic({.name = topic, .partitions = 1}));
    for (int i = 0; i < 5; i++) ASSERT_TRUE(produce(topic));
  }
  fill_up();
  const auto refused = produce("orders");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().context, HasSubstr("/data")) << "the disk is named";
  EXPECT_EQ(first_readable("orders"), 0);
  const auto deleted = admin.delete_records({{.partition = {"orders", 0}, .before = 2}});
  ASSERT_TRUE(deleted) << to_string(deleted.error());
  EXPECT_EQ(first_readable("orders"), 2);

  cluster_.kill(0);
  cluster_.disk(0).faults.capacity_bytes = cluster_.disk(0).used_bytes();
  const auto started = cluster_.start(0);
  ASSERT_TRUE(started) << to_string(started.error());
  EXPECT_EQ(first_readable("orders"), 2);
  EXPECT_FALSE(produce("orders"));
  const auto removed = admin.delete_topic("big");
  ASSERT_TRUE(removed) << to_string(removed.error());
  cluster_.disk(0).faults.capacity_bytes = std::uint64_t{1} << 40;
  cluster_.world().run_for(10s);
  const auto resumed = produce("orders");
  ASSERT_TRUE(resumed) << to_string(resumed.error());
  EXPECT_EQ(resumed->offset, 5);
}

}  // namespace
}  // namespace ropewalk::testing
