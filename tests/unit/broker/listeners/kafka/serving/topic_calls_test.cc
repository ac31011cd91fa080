// CreateTopics, DeleteTopics, CreatePartitions, DeleteRecords and OffsetForLeaderEpoch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// What the controller answers to the next event.
void will_answer(KafkaRig& rig, std::vector<Result<metadata::ItemAnswer>> items) {
  metadata::ControllerAnswer answer;
  answer.offset = Offset(0);
  answer.items = std::move(items);
  rig.controller.answers.push_back(std::move(answer));
}

TopicId some_id(std::uint8_t byte) {
  TopicId id;
  id.bytes.fill(byte);
  return id;
}

CreatableTopic creatable(std::string name, std::int32_t partitions = -1,
                         std::int16_t replication_factor = -1) {
  CreatableTopic topic;
  topic.name = std::move(name);
  topic.num_partitions = partitions;
  topic.replication_factor = replication_factor;
  return topic;
}

template <class Event>
const Event& asked(KafkaRig& rig, std::size_t index = 0) {
  return std::get<Event>(rig.controller.asked.at(index));
}

TEST(KafkaCreateTopics, TellsWhatWasMadeInEveryVersion) {
  for (std::int16_t version = kCreateTopics.first; version <= kCreateTopics.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    will_answer(rig, {metadata::TopicCreated{.id = some_id(5),
                                             .partitions = 3,
                                             .replication_factor = 1,
                                             .configs = {{"retention.ms", "5"}}}});
    CreateTopicsRequest message;
    message.topics.push_back(creatable("new"));
    message.topics[0].configs.push_back({.name = "retention.ms", .value = "5"});
    const auto response = rig.call<CreateTopicsResponse>(message, version);
    ASSERT_THAT(response.topics, SizeIs(1));
    const CreatedTopic& topic = response.topics[0];
    EXPECT_EQ(topic.name, "new");
    EXPECT_EQ(topic.error_code, 0);
    EXPECT_EQ(topic.error_message, std::nullopt);
    EXPECT_EQ(asked<metadata::CreateTopics>(rig).topics[0].partitions, -1) << "the default";
    EXPECT_FALSE(asked<metadata::CreateTopics>(rig).validate_only);
    if (version < 5) continue;
    EXPECT_EQ(topic.num_partitions, 3);
    EXPECT_EQ(topic.replication_factor, 1);
    const auto retention = std::ranges::find(*topic.configs, "retention.ms", &CreatedConfig::name);
    ASSERT_NE(retention, topic.configs->end());
    EXPECT_EQ(retention->value, "5");
    EXPECT_EQ(retention->config_source, 1);
    EXPECT_EQ(topic.topic_id, version < 7 ? Uuid() : Uuid(some_id(5)));
  }
}

TEST(KafkaCreateTopics, AnswersEachForItself) {
  KafkaRig rig;
  will_answer(rig, {fail(Errc::topic_already_exists, "it is there"),
                    metadata::TopicCreated{
                        .id = {}, .partitions = 2, .replication_factor = 1, .configs = {}},
                    fail(Errc::invalid_request, "twice"), fail(Errc::invalid_request, "twice")});
  CreateTopicsRequest message;
  message.validate_only = true;
  message.topics = {creatable("there", 1, 1), creatable("a/b", 1, 1), creatable("zero", 0, 1),
                    creatable("few", 1, 0),   creatable("new"),       creatable("null"),
                    creatable("twice"),       creatable("twice")};
  message.topics[4].assignments = {{0, {1}}, {1, {1}}};
  message.topics[5].configs.push_back({.name = "retention.ms", .value = std::nullopt});
  const auto response = rig.call<CreateTopicsResponse>(message, 4);
  std::vector<std::pair<std::string, int>> outcomes;
  for (const auto& topic : response.topics) outcomes.emplace_back(topic.name, topic.error_code);
  EXPECT_THAT(outcomes,
              ElementsAre(std::pair("there", 36), std::pair("a/b", 17), std::pair("zero", 37),
                          std::pair("few", 38), std::pair("new", 0), std::pair("null", 40),
                          std::pair("twice", 42)));
  EXPECT_EQ(response.topics[0].error_message, "it is there");
  const auto& event = asked<metadata::CreateTopics>(rig);
  EXPECT_TRUE(event.validate_only);
  ASSERT_THAT(event.topics, SizeIs(4));
  ASSERT_THAT(event.topics[1].assignments, SizeIs(2));
  EXPECT_THAT(event.topics[1].assignments[1].replicas, ElementsAre(BrokerId(1)));
}

// C07, C48: what is not wrong, and not as it seems.
TEST(KafkaCreateTopics, SaysWhatCountsOtherwise) {
  KafkaRig rig;
  const auto note_of = [&](std::string name, std::string value) {
    will_answer(rig, {metadata::TopicCreated{.id = some_id(5),
                                             .partitions = 1,
                                             .replication_factor = 1,
                                             .configs = {{name, value}}}});
    CreateTopicsRequest message;
    message.topics.push_back(creatable("new"));
    message.topics[0].configs.push_back({.name = std::move(name), .value = std::move(value)});
    const auto response = rig.call<CreateTopicsResponse>(message, 7);
    EXPECT_EQ(response.topics.at(0).error_code, 0);
    return response.topics[0].error_message;
  };
  EXPECT_EQ(note_of("retention.ms", "5"), std::nullopt);
  EXPECT_THAT(note_of("min.insync.replicas", "2").value_or(""), HasSubstr("counts as 1"));
  EXPECT_THAT(note_of("flush.ms", "1000").value_or(""), HasSubstr("flush.ms: Changes nothing"));
}

TEST(KafkaCreateTopics, WaitsNoLongerThanItsTimeout) {
  KafkaRig rig;
  rig.controller.answers.push_back(
      metadata::ControllerAnswer{.offset = Offset(1'000'000), .items = {}});
  rig.controller.answers.back()->items.push_back(metadata::TopicCreated{});
  CreateTopicsRequest message;
  message.timeout_ms = 1'000;
  message.topics.push_back(creatable("new"));
  const auto before = rig.environment().now();
  const auto response = rig.call<CreateTopicsResponse>(message, 5);
  EXPECT_EQ(response.topics.at(0).error_code, 7) << "it was made, and is not seen here yet";
  EXPECT_EQ(rig.environment().now() - before, std::chrono::seconds(1));
}

TEST(KafkaDeleteTopics, ByNameInEveryVersion) {
  for (std::int16_t version = kDeleteTopics.first; version <= kDeleteTopics.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    const TopicId id = rig.add_topic("t");
    will_answer(rig, {std::monostate{}});
    DeleteTopicsRequest message;
    if (version < 6)
      message.topic_names = {"t", "nope"};
    else
      message.topics = {{.name = "t", .topic_id = {}}, {.name = "nope", .topic_id = {}}};
    const auto response = rig.call<DeleteTopicsResponse>(message, version);
    ASSERT_THAT(response.topics, SizeIs(2));
    EXPECT_EQ(response.topics[0].name, "t");
    EXPECT_EQ(response.topics[0].error_code, 0);
    EXPECT_EQ(response.topics[0].topic_id, version < 6 ? Uuid() : Uuid(id));
    EXPECT_EQ(response.topics[1].name, "nope");
    EXPECT_EQ(response.topics[1].error_code, 3);
    EXPECT_EQ(response.topics[1].error_message.has_value(), version >= 5);
    EXPECT_EQ(asked<metadata::DeleteTopics>(rig).topics.at(0).id, id);
  }
}

TEST(KafkaDeleteTopics, ById) {
  KafkaRig rig;
  const TopicId id = rig.add_topic("t");
  will_answer(rig, {std::monostate{}});
  DeleteTopicsRequest message;
  message.topics = {{.name = std::nullopt, .topic_id = id},
                    {.name = std::nullopt, .topic_id = some_id(99)},
                    {.name = std::nullopt, .topic_id = {}},
                    {.name = "t", .topic_id = id}};
  const auto response = rig.call<DeleteTopicsResponse>(message, 6);
  ASSERT_THAT(response.topics, SizeIs(4));
  EXPECT_EQ(response.topics[0].name, "t");
  EXPECT_EQ(response.topics[0].error_code, 0);
  EXPECT_EQ(response.topics[1].name, std::nullopt);
  EXPECT_EQ(response.topics[1].topic_id, Uuid(some_id(99)));
  EXPECT_EQ(response.topics[1].error_code, 100);
  EXPECT_EQ(response.topics[2].error_code, 42) << "neither name nor id";
  EXPECT_EQ(response.topics[3].error_code, 42) << "both";
}

TEST(KafkaDeleteTopics, WhatStandsTwiceIsToldOnceAndStays) {
  KafkaRig rig;
  rig.add_topic("t");
  DeleteTopicsRequest message;
  message.topic_names = {"t", "t"};
  const auto response = rig.call<DeleteTopicsResponse>(message, 4);
  ASSERT_THAT(response.topics, SizeIs(1));
  EXPECT_EQ(response.topics[0].error_code, 42);
  EXPECT_THAT(rig.controller.asked, IsEmpty());
}

TEST(KafkaCreatePartitions, AsksForTheNewTotalInEveryVersion) {
  for (std::int16_t version = kCreatePartitions.first; version <= kCreatePartitions.last;
       version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    const TopicId id = rig.add_topic("t");
    rig.add_topic("u");
    will_answer(rig, {std::monostate{}, fail(Errc::invalid_partitions, "no more")});
    CreatePartitionsRequest message;
    message.validate_only = true;
    message.topics.push_back({.name = "t", .count = 3, .assignments = {}});
    message.topics[0].assignments = {{.broker_ids = {1}}, {.broker_ids = {2}}};
    message.topics.push_back({.name = "u", .count = 1, .assignments = {}});
    message.topics.push_back({.name = "nope", .count = 1, .assignments = {}});
    const auto response = rig.call<CreatePartitionsResponse>(message, version);
    ASSERT_THAT(response.results, SizeIs(3));
    EXPECT_EQ(response.results[0].name, "t");
    EXPECT_EQ(response.results[0].error_code, 0);
    EXPECT_EQ(response.results[1].error_code, 37);
    EXPECT_EQ(response.results[1].error_message, "no more");
    EXPECT_EQ(response.results[2].error_code, 3);
    const auto& event = asked<metadata::CreatePartitions>(rig);
    EXPECT_TRUE(event.validate_only);
    EXPECT_EQ(event.topics[0].topic.id, id);
    EXPECT_EQ(event.topics[0].total, 3);
    EXPECT_THAT(event.topics[0].assignments->at(1), ElementsAre(BrokerId(2)));
    EXPECT_EQ(event.topics[1].assignments, std::nullopt);
  }
}

TEST(KafkaCreatePartitions, WhatStandsTwiceIsToldOnce) {
  KafkaRig rig;
  rig.add_topic("t");
  CreatePartitionsRequest message;
  for (int i = 0; i < 2; i++)
    message.topics.push_back({.name = "t", .count = 3 + i, .assignments = {}});
  const auto response = rig.call<CreatePartitionsResponse>(message, 3);
  ASSERT_THAT(response.results, SizeIs(1));
  EXPECT_EQ(response.results[0].error_code, 42);
  EXPECT_THAT(rig.controller.asked, IsEmpty());
}

TEST(KafkaDeleteRecords, MovesTheStartUpInEveryVersion) {
  for (std::int16_t version = kDeleteRecords.first; version <= kDeleteRecords.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    const TopicId id = rig.add_topic("t", 2);
    rig.add_topic("far", 1, BrokerId(2));
    for (const std::int32_t partition : {0, 1})
      rig.produce_one(KafkaRig::to(id, partition, KafkaRig::batch(3)));
    DeleteRecordsRequest message;
    message.timeout_ms = 5'000;
    message.topics.push_back({.name = "t", .partitions = {{0, 2}, {1, -1}, {2, 0}}});
    message.topics.push_back({.name = "far", .partitions = {{0, 0}}});
    auto response = rig.call<DeleteRecordsResponse>(message, version);
    ASSERT_THAT(response.topics, SizeIs(2));
    const auto& partitions = response.topics[0].partitions;
    EXPECT_EQ(response.topics[0].name, "t");
    EXPECT_EQ(partitions[0].error_code, 0);
    EXPECT_EQ(partitions[0].low_watermark, 2);
    EXPECT_EQ(partitions[1].low_watermark, 3) << "all of it";
    EXPECT_EQ(partitions[2].error_code, 3);
    EXPECT_EQ(partitions[2].low_watermark, -1);
    EXPECT_EQ(response.topics[1].partitions[0].error_code, 6);

    message.topics = {{.name = "t", .partitions = {{0, 4}}}};
    response = rig.call<DeleteRecordsResponse>(message, version);
    EXPECT_EQ(response.topics[0].partitions[0].error_code, 1) << "above the high watermark";
    const auto fetched = rig.call<FetchResponse>(KafkaRig::fetch_request("t", 1), 11);
    EXPECT_EQ(fetched.topics.at(0).partitions.at(0).error_code, 1);
    EXPECT_EQ(fetched.topics.at(0).partitions.at(0).log_start_offset, 2);
  }
}

TEST(KafkaOffsetForLeaderEpoch, TellsWhereAnEpochEndsInEveryVersion) {
  for (std::int16_t version = kOffsetForLeaderEpoch.first; version <= kOffsetForLeaderEpoch.last;
       version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    const TopicId id = rig.add_topic("t");
    rig.produce_one(KafkaRig::to(id, 0, KafkaRig::batch(3)));
    OffsetForLeaderEpochRequest message;
    message.topics.push_back({.topic = "t", .partitions = {}});
    message.topics[0].partitions = {
        {.partition = 0, .current_leader_epoch = 0, .leader_epoch = 0},
        {.partition = 0, .current_leader_epoch = -1, .leader_epoch = 5},
        {.partition = 0, .current_leader_epoch = 5, .leader_epoch = 0},
        {.partition = 1, .current_leader_epoch = -1, .leader_epoch = 0}};
    const auto response = rig.call<OffsetForLeaderEpochResponse>(message, version);
    ASSERT_THAT(response.topics, SizeIs(1));
    const auto& partitions = response.topics[0].partitions;
    ASSERT_THAT(partitions, SizeIs(4));
    EXPECT_EQ(partitions[0].error_code, 0);
    EXPECT_EQ(partitions[0].leader_epoch, 0);
    EXPECT_EQ(partitions[0].end_offset, 3);
    EXPECT_EQ(partitions[1].error_code, 0);
    EXPECT_EQ(partitions[1].end_offset, -1) << "newer than any";
    EXPECT_EQ(partitions[2].error_code, 75);
    EXPECT_EQ(partitions[3].partition, 1);
    EXPECT_EQ(partitions[3].error_code, 3);
    EXPECT_EQ(partitions[3].end_offset, -1);
  }
}

}  // namespace
}  // namespace ropewalk::kafka
