// Deleting records, from the client's call to what another consumer finds, also after a power cut.
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

std::int64_t first_readable(Client& client) {
  Consumer consumer(client);
  EXPECT_TRUE(consumer.assign({{"orders", 0}}));
  EXPECT_TRUE(consumer.seek({"orders", 0}, 0));  // Gone: offset_reset says the beginning.
  for (int polls = 0; polls < 100; polls++) {
    const auto records = consumer.poll(1s);
    EXPECT_TRUE(records) << to_string(records.error());
    for (const ConsumedRecord& record : *records) return record.offset;
  }
  return -1;
}

TEST(BrokerDeleteRecords, WhatIsDeletedStaysDeleted) {
  SimCluster cluster({.seed = 5});
  ASSERT_TRUE(cluster.start(0));
  Admin admin(cluster.client());
  ASSERT_TRUE(admin.create_topic({.name = "orders", .partitions = 2}));
  {
    Producer producer(cluster.client(), {});
    for (int i = 0; i < 20; i++)
      std::ignore = producer.send({.topic = "orders", .value = std::to_string(i), .partition = 0});
    ASSERT_TRUE(producer.flush(60s));
  }
  const auto deleted = admin.delete_records(
      {{.partition = {"orders", 0}, .before = 7}, {.partition = {"orders", 1}, .before = {}}});
  ASSERT_TRUE(deleted) << to_string(deleted.error());
  EXPECT_EQ(deleted->at(0).begin, 7);
  EXPECT_EQ(deleted->at(1).begin, 0);
  EXPECT_EQ(first_readable(cluster.client()), 7);

  cluster.power_cut(0);
  ASSERT_TRUE(cluster.start(0));
  EXPECT_EQ(first_readable(cluster.client()), 7);

  const auto beyond = admin.delete_records({{.partition = {"orders", 0}, .before = 21}});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Errc::offset_out_of_range);
  const auto missing = admin.delete_records({{.partition = {"nope", 0}, .before = 21}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::unknown_topic_or_partition);
}

}  // namespace
}  // namespace ropewalk::testing
