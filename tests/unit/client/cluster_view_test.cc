#include "client/src/core/cluster_view.h"

#include <gtest/gtest.h>

namespace ropewalk::client {
namespace {

v1::MetadataResponse response(std::int32_t leader, std::int32_t epoch, char id = 'i') {
  v1::MetadataResponse made;
  for (const std::int32_t broker : {1, 2}) {
    v1::BrokerMetadata* added = made.add_brokers();
    added->set_broker_id(broker);
    added->set_host("host" + std::to_string(broker));
    added->set_port(9192);
  }
  v1::TopicMetadata* topic = made.add_topics();
  topic->set_name("t");
  topic->set_topic_id(std::string(16, id));
  v1::PartitionMetadata* partition = topic->add_partitions();
  partition->set_leader_id(leader);
  partition->set_leader_epoch(epoch);
  return made;
}

TEST(ClusterView, NeverGoesBackToAnOlderLeaderEpoch) {
  ClusterView view;
  view.apply(response(1, 5), {});
  EXPECT_EQ(view.leader("t", 0)->broker, BrokerId(1));
  view.apply(response(2, 4), {});
  EXPECT_EQ(view.leader("t", 0)->broker, BrokerId(1));
  view.apply(response(2, 6), {});
  EXPECT_EQ(view.leader("t", 0)->broker, BrokerId(2));
}

TEST(ClusterView, BeginsAnewWithATopicMadeAgain) {
  ClusterView view;
  view.apply(response(1, 5, 'i'), {});
  view.apply(response(2, 0, 'j'), {});
  EXPECT_EQ(view.leader("t", 0)->epoch, LeaderEpoch(0));
  EXPECT_EQ(view.topic("t")->id.to_bytes(), std::string(16, 'j'));
}

TEST(ClusterView, TakesHintsThatAreNews) {
  ClusterView view;
  view.apply(response(1, 5), {});
  v1::LeaderHint hint;
  hint.set_broker_id(3);
  hint.set_leader_epoch(5);
  hint.set_host("host3");
  hint.set_port(1);
  EXPECT_FALSE(view.apply_hint("t", 0, hint));
  hint.set_leader_epoch(6);
  EXPECT_TRUE(view.apply_hint("t", 0, hint));
  EXPECT_EQ(view.leader("t", 0)->broker, BrokerId(3));
  EXPECT_EQ(view.address(BrokerId(3))->host, "host3");
  EXPECT_FALSE(view.apply_hint("t", 7, hint));
}

TEST(ClusterView, ForgetsAndLearnsAgain) {
  ClusterView view;
  view.apply(response(1, 5), {});
  view.forget_leader("t", 0);
  EXPECT_EQ(view.leader("t", 0), nullptr);
  view.apply(response(1, 5), {});
  EXPECT_NE(view.leader("t", 0), nullptr);
  view.apply(response(-1, 6), {});
  EXPECT_EQ(view.leader("t", 0), nullptr);
}

TEST(ClusterView, ForgetsATopicThatIsGone) {
  ClusterView view;
  view.apply(response(1, 5), {});
  v1::MetadataResponse gone;
  gone.add_topics()->set_name("t");
  gone.mutable_topics(0)->mutable_error()->set_code(v1::UNKNOWN_TOPIC_OR_PARTITION);
  view.apply(gone, {});
  EXPECT_EQ(view.topic("t"), nullptr);
}

// An answer that comes late is about a time before.
TEST(ClusterView, KeepsATopicThatALaterQuestionFound) {
  const auto at = [](int seconds) { return env::MonotonicTime(std::chrono::seconds(seconds)); };
  ClusterView view;
  view.apply(response(1, 5), at(2));
  v1::MetadataResponse gone;
  gone.add_topics()->set_name("t");
  gone.mutable_topics(0)->mutable_error()->set_code(v1::UNKNOWN_TOPIC_OR_PARTITION);
  view.apply(gone, at(1));
  EXPECT_NE(view.topic("t"), nullptr);
  EXPECT_EQ(view.why_unknown("t"), nullptr);
  view.apply(gone, at(3));
  EXPECT_EQ(view.topic("t"), nullptr);
  ASSERT_NE(view.why_unknown("t"), nullptr);
  EXPECT_EQ(view.why_unknown("t")->code, Errc::unknown_topic_or_partition);
}

TEST(ClusterView, LeavesFencedBrokersOutOfTheAddresses) {
  ClusterView view;
  v1::MetadataResponse said = response(1, 5);
  said.mutable_brokers(1)->set_fenced(true);
  view.apply(said, {});
  ASSERT_EQ(view.addresses().size(), 1u);
  EXPECT_EQ(view.addresses()[0].host, "host1");
}

}  // namespace
}  // namespace ropewalk::client
