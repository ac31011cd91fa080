// A program's test against a whole cluster, in one thread and virtual time.
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ropewalk/admin.h>
#include <ropewalk/consumer.h>
#include <ropewalk/producer.h>
#include <ropewalk/testing/cluster_test.h>

using namespace std::chrono_literals;
using Orders = ropewalk::testing::ClusterTest;

TEST_F(Orders, OutliveTheirLeader) {
  ropewalk::Admin admin(cluster().client());
  ASSERT_TRUE(admin.create_topic({.name = "orders", .partitions = 1}));
  ropewalk::Producer producer(cluster().client());
  ASSERT_TRUE(producer.send({.topic = "orders", .value = "first"}).wait());

  cluster().kill(admin.describe_topics({"orders"})->at(0).partitions.at(0).leader);
  ASSERT_TRUE(producer.send({.topic = "orders", .value = "second"}).wait());

  ropewalk::Consumer consumer(cluster().client());
  ASSERT_TRUE(consumer.assign_topic("orders"));
  std::vector<std::string> values;
  while (values.size() < 2) {
    const auto polled = consumer.poll(5s);
    ASSERT_TRUE(polled) << polled.error().context;
    for (const auto& record : *polled) values.emplace_back(*record.value);
  }
  EXPECT_EQ(values, (std::vector<std::string>{"first", "second"}));
}

TEST_F(Orders, AreKeptWhateverFails) {
  ropewalk::Admin admin(cluster().client());
  ASSERT_TRUE(admin.create_topic({.name = "orders", .partitions = 3}));
  ropewalk::Producer producer(cluster().client(), {.delivery_timeout = 10min});
  cluster().begin_faults();
  std::vector<ropewalk::Delivery> deliveries;
  for (int i = 0; i < 200; i++) {
    deliveries.push_back(producer.send({.topic = "orders", .value = std::to_string(i)}));
    cluster().run_for(100ms);
  }
  ASSERT_TRUE(cluster().end_faults()) << cluster().faults();
  for (const auto& delivery : deliveries) ASSERT_TRUE(delivery.wait()) << cluster().faults();

  ropewalk::Consumer consumer(cluster().client());
  ASSERT_TRUE(consumer.assign_topic("orders"));
  std::vector<int> seen(200);
  for (int left = 200; left > 0;) {
    const auto polled = consumer.poll(5s);
    ASSERT_TRUE(polled) << polled.error().context;
    ASSERT_FALSE(polled->empty()) << left << " are lost";
    for (const auto& record : *polled) seen.at(std::stoul(std::string(*record.value)))++;
    left -= static_cast<int>(polled->size());
  }
  EXPECT_EQ(seen, std::vector<int>(200, 1));
}
