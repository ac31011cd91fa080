// Metadata, topics, producers: what the image says and what the controller is asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

class TopicsTest : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    return rig_.world.run(rig_.core(), std::move(task));
  }
  MetadataResponse metadata(MetadataRequest request) {
    MetadataResponse response;
    rig_.on_core([&] { response = rig_.use_cases->metadata.handle(rig_.context(), request); });
    return response;
  }
  ServiceRig rig_{1};
};

TEST_F(TopicsTest, MetadataSaysWhoLeadsAndWhereItIsReached) {
  const TopicId id = rig_.add_topic("t", 2);
  MetadataRequest request;
  request.topics = {{.name = "t", .id = {}}, {.name = "nope", .id = {}}};
  const auto response = metadata(request);
  ASSERT_EQ(response.brokers.size(), 2u);
  EXPECT_EQ(response.brokers[1].port, 9292);
  EXPECT_FALSE(response.brokers[0].fenced);
  EXPECT_EQ(response.controller, ServiceRig::kSelf);
  ASSERT_EQ(response.topics.size(), 2u);
  EXPECT_EQ(response.topics[0].id, id);
  EXPECT_EQ(response.topics[0].partitions[1].leader, ServiceRig::kSelf);
  EXPECT_EQ(response.topics[0].partitions[1].durability, "synced");
  EXPECT_EQ(response.topics[1].error.code, Errc::unknown_topic_or_partition);
}

// It may have been made since.
TEST_F(TopicsTest, WhoHasNoLeaseDeniesNoTopic) {
  rig_.add_topic("t");
  rig_.lease_holds = false;
  MetadataRequest request;
  request.topics = {{.name = "t", .id = {}}, {.name = "nope", .id = {}}};
  const auto response = metadata(request);
  EXPECT_EQ(response.topics[0].error.code, Errc::none);
  EXPECT_EQ(response.topics[1].error.code, Errc::leader_not_available);
}

// A request of 60 KB that said "t" 20,000 times was answered with 44 MB, out of 800.
TEST_F(TopicsTest, TellsOfATopicOnceHoweverOftenItIsNamed) {
  rig_.add_topic("t");
  MetadataRequest request;
  request.topics = {{.name = "t", .id = {}}, {.name = "nope", .id = {}}, {.name = "t", .id = {}}};
  const auto response = metadata(request);
  ASSERT_EQ(response.topics.size(), 2u);
  EXPECT_EQ(response.topics[0].name, "t");
  EXPECT_EQ(response.topics[1].name, "nope");
}

TEST_F(TopicsTest, MetadataListsAllThatTheCallerMaySee) {
  rig_.add_topic("b");
  rig_.add_topic("a");
  rig_.add_topic("secret");
  rig_.authorizer.forbidden = "secret";
  MetadataRequest request;
  request.all_topics = true;
  const auto response = metadata(request);
  ASSERT_EQ(response.topics.size(), 2u);
  EXPECT_EQ(response.topics[0].name, "a");
  EXPECT_TRUE(metadata({}).topics.empty());
  request.topics = {{.name = "a", .id = {}}};
  EXPECT_EQ(metadata(request).error.code, Errc::invalid_request);
}

TEST_F(TopicsTest, DescribesSettingsWithTheirSource) {
  rig_.add_topic("t", 1, ServiceRig::kSelf, {{"segment.bytes", "2097152"}});
  DescribeTopicsRequest request;
  request.topics = {{.name = "t", .id = {}}};
  DescribeTopicsResponse response;
  rig_.on_core([&] { response = rig_.use_cases->describe_topics.handle(rig_.context(), request); });
  ASSERT_EQ(response.topics.size(), 1u);
  EXPECT_EQ(response.topics[0].replication_factor, 1);
  int from_topic = 0;
  for (const auto& setting : response.topics[0].settings) {
    EXPECT_EQ(setting.source == SettingSource::topic, setting.name == "segment.bytes");
    if (setting.source != SettingSource::topic) continue;
    from_topic++;
    EXPECT_EQ(setting.value, "2097152");
  }
  EXPECT_EQ(from_topic, 1);
}

// A broker's setting segment_bytes holds where nobody says segment.bytes: no number of the table's
// may stand there.
TEST_F(TopicsTest, DescribesWhatOnlyThisBrokerDecidesAsItsOwn) {
  rig_.add_topic("t");
  rig_.add_topic("set", 1, ServiceRig::kSelf, {{"segment.bytes", "2097152"}});
  DescribeTopicsRequest request;
  request.topics = {{.name = "t", .id = {}}, {.name = "set", .id = {}}};
  DescribeTopicsResponse response;
  Parts parts = *rig_.parts;
  parts.segment_bytes = 64 << 20;
  rig_.on_core([&] { response = DescribeTopics(parts).handle(rig_.context(), request); });
  const auto segment_bytes = [&](std::size_t topic) {
    const auto& settings = response.topics.at(topic).settings;
    return *std::ranges::find(settings, "segment.bytes", &SettingDescription::name);
  };
  EXPECT_EQ(segment_bytes(0).value, "67108864");
  EXPECT_EQ(segment_bytes(0).source, SettingSource::broker);
  EXPECT_EQ(segment_bytes(1).value, "2097152");
  EXPECT_EQ(segment_bytes(1).source, SettingSource::topic);
}

TEST_F(TopicsTest, CreatesThroughTheController) {
  TopicId id;
  id.bytes.fill(5);
  rig_.controller.will_answer(
      metadata::TopicCreated{.id = id, .partitions = 3, .replication_factor = 1, .configs = {}});
  CreateTopicRequest request;
  request.name = "new";
  request.settings = {{.name = "durability", .value = "replicated"}};
  const auto created = run(rig_.use_cases->create_topic.handle(rig_.context(), request));
  ASSERT_TRUE(created) << to_string(created.error());
  EXPECT_EQ(created->id, id);
  EXPECT_EQ(created->partitions, 3);
  const auto& asked = std::get<metadata::CreateTopics>(rig_.controller.asked[0]);
  EXPECT_EQ(asked.topics[0].partitions, -1) << "the default is the controller's business";
  EXPECT_EQ(asked.topics[0].configs[0].second, "replicated");
}

TEST_F(TopicsTest, RefusesBadTopicsWithoutAskingTheController) {
  CreateTopicRequest request;
  request.name = "a/b";
  EXPECT_EQ(run(rig_.use_cases->create_topic.handle(rig_.context(), request)).error().code,
            Errc::invalid_topic);
  request.name = "a";
  request.partitions = -2;
  EXPECT_EQ(run(rig_.use_cases->create_topic.handle(rig_.context(), request)).error().code,
            Errc::invalid_partitions);
  rig_.authorizer.forbidden = "a";
  EXPECT_EQ(run(rig_.use_cases->create_topic.handle(rig_.context(), request)).error().code,
            Errc::topic_authorization_failed);
  EXPECT_TRUE(rig_.controller.asked.empty());
}

TEST_F(TopicsTest, HandsTheControllersErrorsOn) {
  metadata::ControllerAnswer answer;
  answer.items.push_back(fail(Errc::topic_already_exists, "'a' exists"));
  rig_.controller.answers.push_back(std::move(answer));
  CreateTopicRequest request;
  request.name = "a";
  const auto created = run(rig_.use_cases->create_topic.handle(rig_.context(), request));
  EXPECT_EQ(created.error().code, Errc::topic_already_exists);
  EXPECT_EQ(created.error().context, "'a' exists");
}

TEST_F(TopicsTest, DeletesTheTopicThatTheNameMeansNow) {
  const TopicId id = rig_.add_topic("t");
  rig_.controller.will_answer(std::monostate{});
  const auto deleted =
      run(rig_.use_cases->delete_topic.handle(rig_.context(), {.name = "t", .id = {}}));
  ASSERT_TRUE(deleted) << to_string(deleted.error());
  EXPECT_EQ(deleted->id, id);
  EXPECT_EQ(std::get<metadata::DeleteTopics>(rig_.controller.asked[0]).topics[0].id, id);
  EXPECT_EQ(run(rig_.use_cases->delete_topic.handle(rig_.context(), {.name = "u", .id = id}))
                .error()
                .code,
            Errc::invalid_request);
}

TEST_F(TopicsTest, SetsTopicSettings) {
  rig_.add_topic("t");
  rig_.controller.will_answer(std::monostate{});
  SetTopicConfigRequest request;
  request.topic.name = "t";
  request.changes = {{.name = "durability", .value = "replicated"}};
  EXPECT_TRUE(run(rig_.use_cases->set_topic_config.handle(rig_.context(), request)));
  request.changes.clear();
  EXPECT_EQ(run(rig_.use_cases->set_topic_config.handle(rig_.context(), request)).error().code,
            Errc::invalid_request);
}

TEST_F(TopicsTest, GivesProducerIdsOutOfABlock) {
  rig_.controller.will_answer(metadata::ProducerIdBlock{.first = ProducerId(1000), .count = 2});
  rig_.controller.will_answer(metadata::ProducerIdBlock{.first = ProducerId(5000), .count = 2});
  for (const std::int64_t expected : {1000, 1001, 5000}) {
    const auto given = run(rig_.use_cases->init_producer.handle(rig_.context(), {}));
    ASSERT_TRUE(given) << to_string(given.error());
    EXPECT_EQ(given->producer, ProducerId(expected));
    EXPECT_EQ(given->epoch, ProducerEpoch(0));
  }
}

TEST_F(TopicsTest, RaisesTheEpochOfAKnownProducerOnly) {
  rig_.apply({metadata::ProducerIdsRecord{
      .next = ProducerId(1000), .broker = ServiceRig::kSelf, .broker_epoch = BrokerEpoch(1)}});
  InitProducerRequest request{
      .transactional_id = {}, .producer = ProducerId(7), .epoch = ProducerEpoch(3)};
  const auto raised = run(rig_.use_cases->init_producer.handle(rig_.context(), request));
  ASSERT_TRUE(raised) << to_string(raised.error());
  EXPECT_EQ(raised->producer, ProducerId(7));
  EXPECT_EQ(raised->epoch, ProducerEpoch(4));
  request.producer = ProducerId(1000);
  EXPECT_EQ(run(rig_.use_cases->init_producer.handle(rig_.context(), request)).error().code,
            Errc::unknown_producer_id);
  request.producer = ProducerId(7);
  request.epoch = kNoProducerEpoch;
  EXPECT_EQ(run(rig_.use_cases->init_producer.handle(rig_.context(), request)).error().code,
            Errc::invalid_request);
}

TEST_F(TopicsTest, CountsTheCluster) {
  rig_.add_topic("t", 3);
  ClusterStatus status;
  rig_.on_core([&] { status = rig_.use_cases->describe_cluster.handle(rig_.context()); });
  EXPECT_EQ(status.topics, 1);
  EXPECT_EQ(status.partitions, 3);
  EXPECT_EQ(status.without_leader, 0);
  EXPECT_EQ(status.under_min_in_sync, 0);
  EXPECT_EQ(status.answered_by, ServiceRig::kSelf);
}

}  // namespace
}  // namespace ropewalk::service
