// A broker falls silent: a client leaves it within a second where another is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/sim_world.h"
#include <ropewalk/admin.h>
#include <ropewalk/producer.h>

namespace ropewalk::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Two brokers of which the first leads everything until the second takes over.
class Failover : public ::testing::Test {
 protected:
  ~Failover() override {
    first_node_.kill();
    second_node_.kill();
  }
  sim::Duration time_of(const std::function<void()>& doing) {
    const auto began = client_node_.environment().now();
    doing();
    return client_node_.environment().now() - began;
  }

  sim::Simulation simulation_{3};
  sim::Node& first_node_ = simulation_.add_node("first");
  sim::Node& second_node_ = simulation_.add_node("second");
  sim::Node& client_node_ = simulation_.add_node("client");
  FakeBroker first_{first_node_};
  FakeBroker second_{second_node_};
  Client client_{client_node_.environment(), 0, {.brokers = {"first:9192", "second:9192"}}};
};

TEST_F(Failover, BeginsWithABrokerThatAnswers) {
  second_.make_topic("t", 1);
  first_node_.pause(minutes(10));
  Producer producer(client_);
  const auto took =
      time_of([&] { EXPECT_TRUE(producer.send({.topic = "t", .value = "x"}).wait(minutes(1))); });
  EXPECT_LT(took, seconds(1));
}

TEST_F(Failover, BeginsWithABrokerThatCanBeReached) {
  second_.make_topic("t", 1);
  simulation_.network().isolate("first");
  Producer producer(client_);
  const auto took =
      time_of([&] { EXPECT_TRUE(producer.send({.topic = "t", .value = "x"}).wait(minutes(1))); });
  EXPECT_LT(took, seconds(1));
}

TEST_F(Failover, AsksAnotherWhatASilentOneDoesNotAnswer) {
  Admin admin(client_);
  ASSERT_TRUE(admin.cluster_status());
  first_node_.pause(minutes(10));
  const auto took = time_of([&] { EXPECT_TRUE(admin.cluster_status()); });
  EXPECT_LT(took, seconds(1));
}

// A change may not be put to two brokers: it goes to one that has just answered.
TEST_F(Failover, GivesAChangeToABrokerThatAnswers) {
  Admin admin(client_);
  ASSERT_TRUE(admin.cluster_status());
  first_node_.pause(minutes(10));
  simulation_.run_for(seconds(1));
  const auto took =
      time_of([&] { EXPECT_TRUE(admin.create_topic({.name = "t", .partitions = 1})); });
  EXPECT_LT(took, seconds(1));
}

// What was sent and not answered goes to the new leader, once and in order.
TEST_F(Failover, ProducesToTheNewLeaderOfASilentOne) {
  first_.make_topic("t", 1);
  Producer producer(client_, {.batch_bytes = 300, .linger = milliseconds(1)});
  std::vector<std::string> sent;
  const auto send = [&] {
    sent.push_back(std::to_string(sent.size()));
    return producer.send({.topic = "t", .value = sent.back()});
  };
  for (int i = 0; i < 100; i++) (void)send();
  ASSERT_TRUE(producer.flush(minutes(1)));
  simulation_.network().cut("first", "client");  // It hears, and is not heard.
  for (int i = 0; i < 100; i++) (void)send();
  simulation_.run_for(milliseconds(100));
  second_.take_over_from(first_);
  const auto took = time_of([&] { EXPECT_TRUE(send().wait(minutes(1))); });
  EXPECT_LT(took, seconds(1));
  ASSERT_TRUE(producer.flush(minutes(1)));
  EXPECT_EQ(second_.partition("t", 0).values(), sent);
}

TEST_F(Failover, FetchesFromTheNewLeaderOfASilentOne) {
  first_.make_topic("t", 1);
  Producer producer(client_);
  ASSERT_TRUE(producer.send({.topic = "t", .value = "0"}).wait(minutes(1)));
  Consumer consumer(client_);
  ASSERT_TRUE(consumer.assign({{.topic = "t", .partition = 0}}));
  EXPECT_EQ(read_values(consumer, 1).size(), 1u);
  first_node_.pause(minutes(10));
  second_.take_over_from(first_);
  ASSERT_TRUE(producer.send({.topic = "t", .value = "1"}).wait(minutes(1)));
  const auto took = time_of([&] {
    const auto records = consumer.poll(minutes(1));
    ASSERT_TRUE(records);
    EXPECT_EQ(records->size(), 1u);
  });
  EXPECT_LT(took, seconds(1));
}

}  // namespace
}  // namespace ropewalk::client
