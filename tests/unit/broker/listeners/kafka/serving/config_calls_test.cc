// DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, DescribeLogDirs and DescribeCluster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

using metadata::ConfigEdit;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int8_t kTopicType = 2;
constexpr std::int8_t kBrokerType = 4;
constexpr std::int8_t kLoggerType = 8;

DescribeConfigsRequest describe(std::int8_t type, std::string name,
                                std::optional<std::vector<std::string>> keys = std::nullopt) {
  DescribeConfigsRequest message;
  message.resources.push_back({.resource_type = type,
                               .resource_name = std::move(name),
                               .configuration_keys = std::move(keys)});
  return message;
}

const DescribedConfig& config(const DescribeConfigsResult& result, std::string_view name) {
  const auto found = std::ranges::find(result.configs, name, &DescribedConfig::name);
  ENSURE(found != result.configs.end(), "{} is not described", name);
  return *found;
}

void will_take(KafkaRig& rig, std::size_t items) {
  metadata::ControllerAnswer answer;
  answer.offset = Offset(0);
  for (std::size_t i = 0; i < items; i++) answer.items.emplace_back(std::monostate{});
  rig.controller.answers.push_back(std::move(answer));
}

const metadata::SetConfigs& asked(KafkaRig& rig) {
  return std::get<metadata::SetConfigs>(rig.controller.asked.at(0));
}

TEST(KafkaDescribeConfigs, TellsATopicsSettingsInEveryVersion) {
  for (std::int16_t version = kDescribeConfigs.first; version <= kDescribeConfigs.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    rig.add_topic("t", 1, KafkaRig::kSelf, {{"retention.ms", "5"}});
    auto message = describe(kTopicType, "t");
    message.include_synonyms = true;
    message.include_documentation = version >= 3;
    const auto response = rig.call<DescribeConfigsResponse>(message, version);
    ASSERT_THAT(response.results, SizeIs(1));
    EXPECT_EQ(response.results[0].error_code, 0);
    EXPECT_EQ(response.results[0].resource_name, "t");
    const auto& retention = config(response.results[0], "retention.ms");
    EXPECT_EQ(retention.value, "5");
    EXPECT_EQ(retention.config_source, 1);
    EXPECT_FALSE(retention.read_only);
    EXPECT_FALSE(retention.is_sensitive);
    ASSERT_THAT(retention.synonyms, SizeIs(2));
    EXPECT_EQ(retention.synonyms[1].value, "604800000");
    EXPECT_EQ(retention.synonyms[1].source, 5);
    const auto& durability = config(response.results[0], "durability");
    EXPECT_EQ(durability.value, "synced");
    EXPECT_EQ(durability.config_source, 5);
    if (version < 3) continue;
    EXPECT_EQ(retention.config_type, 5);
    EXPECT_EQ(config(response.results[0], "cleanup.policy").config_type, 7);
    EXPECT_THAT(retention.documentation.value_or(""), HasSubstr("older"));
  }
}

TEST(KafkaDescribeConfigs, TellsWhatIsAskedFor) {
  KafkaRig rig;
  rig.add_topic("t");
  const auto names = [&](std::optional<std::vector<std::string>> keys) {
    return rig.call<DescribeConfigsResponse>(describe(kTopicType, "t", std::move(keys)), 4)
        .results.at(0)
        .configs.size();
  };
  EXPECT_EQ(names({{"retention.ms", "nope"}}), 1u);
  EXPECT_EQ(names({{}}), names(std::nullopt)) << "none named is all";
  const auto plain = rig.call<DescribeConfigsResponse>(describe(kTopicType, "t"), 4);
  EXPECT_THAT(config(plain.results[0], "retention.ms").synonyms, IsEmpty());
  EXPECT_EQ(config(plain.results[0], "retention.ms").documentation, std::nullopt);
}

// C47.
TEST(KafkaDescribeConfigs, WhatATopicSetsIsItsOwnAlsoWhereItIsTheDefault) {
  KafkaRig rig;
  rig.add_topic("t", 1, KafkaRig::kSelf, {{"retention.ms", "604800000"}});
  const auto response = rig.call<DescribeConfigsResponse>(describe(kTopicType, "t"), 4);
  for (const DescribedConfig& setting : response.results.at(0).configs)
    EXPECT_EQ(setting.config_source == 1, setting.name == "retention.ms") << setting.name;
}

TEST(KafkaDescribeConfigs, TellsABrokersAndTheClustersSettings) {
  KafkaRig rig;
  rig.use_settings({{.key = "cores", .value = "2", .default_value = "0", .is_default = false}});
  rig.apply({metadata::ConfigRecord{metadata::ClusterScope{}, "retention.ms", "6"}});
  const auto own = rig.call<DescribeConfigsResponse>(describe(kBrokerType, "1"), 4);
  ASSERT_THAT(own.results.at(0).configs, SizeIs(1));
  EXPECT_EQ(own.results[0].configs[0].value, "2");
  EXPECT_EQ(own.results[0].configs[0].config_source, 4);
  EXPECT_TRUE(own.results[0].configs[0].read_only);
  const auto all = rig.call<DescribeConfigsResponse>(describe(kBrokerType, ""), 4);
  ASSERT_THAT(all.results.at(0).configs, SizeIs(1));
  EXPECT_EQ(all.results[0].configs[0].name, "retention.ms");
  EXPECT_EQ(all.results[0].configs[0].config_source, 3);
}

TEST(KafkaDescribeConfigs, AnswersEachForItselfAndOnce) {
  KafkaRig rig;
  rig.add_topic("t");
  auto message = describe(kTopicType, "t");
  for (const auto& [type, name] : std::vector<std::pair<std::int8_t, std::string>>{
           {kTopicType, "nope"}, {kTopicType, "t"}, {kBrokerType, "2"}, {kLoggerType, "1"}})
    message.resources.push_back(
        {.resource_type = type, .resource_name = name, .configuration_keys = {}});
  const auto response = rig.call<DescribeConfigsResponse>(message, 4);
  ASSERT_THAT(response.results, SizeIs(4));
  EXPECT_EQ(response.results[0].error_code, 0);
  EXPECT_EQ(response.results[1].error_code, 3);
  EXPECT_EQ(response.results[1].resource_name, "nope");
  EXPECT_EQ(response.results[2].error_code, 42);
  EXPECT_EQ(response.results[3].error_code, 42);
  EXPECT_EQ(response.results[3].resource_type, kLoggerType);
}

TEST(KafkaAlterConfigs, ReplacesAllInEveryVersion) {
  for (std::int16_t version = kAlterConfigs.first; version <= kAlterConfigs.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    const TopicId id = rig.add_topic("t");
    will_take(rig, 2);
    AlterConfigsRequest message;
    message.resources.push_back({.resource_type = kTopicType,
                                 .resource_name = "t",
                                 .configs = {{.name = "retention.ms", .value = "5"}}});
    const auto response = rig.call<AlterConfigsResponse>(message, version);
    ASSERT_THAT(response.responses, SizeIs(1));
    EXPECT_EQ(response.responses[0].error_code, 0);
    EXPECT_EQ(response.responses[0].resource_type, kTopicType);
    EXPECT_EQ(response.responses[0].resource_name, "t");
    ASSERT_THAT(asked(rig).replaced, SizeIs(1));
    EXPECT_EQ(std::get<metadata::TopicRef>(asked(rig).replaced[0]).id, id);
    EXPECT_EQ(asked(rig).changes.at(0).value, "5");
  }
}

TEST(KafkaAlterConfigs, AnswersEachForItself) {
  KafkaRig rig;
  rig.add_topic("t");
  metadata::ControllerAnswer refusal;
  refusal.items.push_back(std::monostate{});
  refusal.items.push_back(fail(Errc::invalid_config, "not so"));
  rig.controller.answers.push_back(std::move(refusal));
  AlterConfigsRequest message;
  message.validate_only = true;
  message.resources = {
      {.resource_type = kTopicType, .resource_name = "t", .configs = {{.name = "x", .value = "5"}}},
      {.resource_type = kTopicType, .resource_name = "nope", .configs = {}},
      {.resource_type = kTopicType,
       .resource_name = "null",
       .configs = {{.name = "retention.ms", .value = std::nullopt}}},
      {.resource_type = kBrokerType,
       .resource_name = "1",
       .configs = {{.name = "cores", .value = "3"}}},
      {.resource_type = kLoggerType, .resource_name = "1", .configs = {}}};
  const auto response = rig.call<AlterConfigsResponse>(message, 2);
  ASSERT_THAT(response.responses, SizeIs(5));
  EXPECT_EQ(response.responses[0].error_code, 40);
  EXPECT_EQ(response.responses[0].error_message, "not so");
  EXPECT_EQ(response.responses[1].error_code, 3);
  EXPECT_EQ(response.responses[2].error_code, 42);
  EXPECT_EQ(response.responses[3].error_code, 42);
  EXPECT_THAT(response.responses[3].error_message.value_or(""), HasSubstr("file"));
  EXPECT_EQ(response.responses[4].error_code, 42);
  EXPECT_TRUE(asked(rig).validate_only);
}

TEST(KafkaIncrementalAlterConfigs, KnowsFourOperationsInEveryVersion) {
  for (std::int16_t version = kIncrementalAlterConfigs.first;
       version <= kIncrementalAlterConfigs.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    rig.add_topic("t");
    will_take(rig, 4);
    IncrementalAlterConfigsRequest message;
    message.resources.push_back(
        {.resource_type = kTopicType,
         .resource_name = "t",
         .configs = {{.name = "a", .config_operation = 0, .value = "1"},
                     {.name = "b", .config_operation = 1, .value = "ignored"},
                     {.name = "c", .config_operation = 2, .value = "3"},
                     {.name = "d", .config_operation = 3, .value = "4"}}});
    const auto response = rig.call<IncrementalAlterConfigsResponse>(message, version);
    EXPECT_EQ(response.responses.at(0).error_code, 0);
    EXPECT_THAT(asked(rig).replaced, IsEmpty());
    const auto& changes = asked(rig).changes;
    ASSERT_THAT(changes, SizeIs(4));
    EXPECT_EQ(changes[0].value, "1");
    EXPECT_EQ(changes[0].edit, ConfigEdit::set);
    EXPECT_EQ(changes[1].value, std::nullopt);
    EXPECT_EQ(changes[2].edit, ConfigEdit::append);
    EXPECT_EQ(changes[3].edit, ConfigEdit::subtract);
  }
}

TEST(KafkaIncrementalAlterConfigs, RefusesWhatItCannotRead) {
  KafkaRig rig;
  for (const char* const name : {"t", "u", "v", "w"}) rig.add_topic(name);
  IncrementalAlterConfigsRequest message;
  const auto add = [&](const char* topic, std::int8_t operation, std::optional<std::string> value) {
    message.resources.push_back(
        {.resource_type = kTopicType,
         .resource_name = topic,
         .configs = {{.name = "a", .config_operation = operation, .value = std::move(value)}}});
  };
  add("t", 0, std::nullopt);
  add("u", 2, std::nullopt);
  add("v", 4, "1");
  add("w", -1, "1");
  const auto response = rig.call<IncrementalAlterConfigsResponse>(message, 1);
  ASSERT_THAT(response.responses, SizeIs(4));
  for (const auto& result : response.responses) EXPECT_EQ(result.error_code, 42);
  EXPECT_THAT(rig.controller.asked, IsEmpty());
}

TEST(KafkaDescribeLogDirs, TellsWhatReplicasTakeInEveryVersion) {
  for (std::int16_t version = kDescribeLogDirs.first; version <= kDescribeLogDirs.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    const TopicId id = rig.add_topic("t", 2);
    rig.add_topic("u");
    const SharedBytes batch = KafkaRig::batch(3);
    rig.produce_one(KafkaRig::to(id, 1, batch));
    const auto all = rig.call<DescribeLogDirsResponse>(DescribeLogDirsRequest{}, version);
    ASSERT_THAT(all.results, SizeIs(1));
    EXPECT_EQ(all.results[0].log_dir, "/data");
    ASSERT_THAT(all.results[0].topics, SizeIs(2));
    EXPECT_EQ(all.results[0].topics[0].name, "t");
    ASSERT_THAT(all.results[0].topics[0].partitions, SizeIs(2));
    EXPECT_EQ(all.results[0].topics[0].partitions[1].partition_size,
              static_cast<std::int64_t>(batch.size()));
    EXPECT_EQ(all.results[0].topics[0].partitions[1].offset_lag, 0);
    EXPECT_EQ(all.results[0].total_bytes > 0, version >= 4);

    DescribeLogDirsRequest message;
    message.topics.emplace();
    message.topics->push_back({.topic = "t", .partitions = {1, 7}});
    message.topics->push_back({.topic = "nope", .partitions = {0}});
    const auto some = rig.call<DescribeLogDirsResponse>(message, version);
    ASSERT_THAT(some.results.at(0).topics, SizeIs(1));
    ASSERT_THAT(some.results[0].topics[0].partitions, SizeIs(1));
    EXPECT_EQ(some.results[0].topics[0].partitions[0].partition_index, 1);
    message.topics->clear();
    EXPECT_THAT(rig.call<DescribeLogDirsResponse>(message, version).results.at(0).topics,
                IsEmpty());
  }
}

TEST(KafkaDescribeLogDirs, SaysThatADirectoryHasFailed) {
  KafkaRig rig;
  rig.add_topic("t");
  rig.on_core([&] { rig.directory->disk_failed({Errc::io_error, "gone"}); });
  rig.world.run_for(std::chrono::milliseconds(1));
  const auto response = rig.call<DescribeLogDirsResponse>(DescribeLogDirsRequest{}, 4);
  ASSERT_THAT(response.results, SizeIs(1));
  EXPECT_EQ(response.results[0].error_code, 56);
  EXPECT_EQ(response.results[0].total_bytes, -1);
  EXPECT_THAT(response.results[0].topics, IsEmpty());
}

TEST(KafkaDescribeCluster, TellsBrokersAndControllerInEveryVersion) {
  for (std::int16_t version = kDescribeCluster.first; version <= kDescribeCluster.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    DescribeClusterRequest message;
    message.include_cluster_authorized_operations = true;
    const auto response = rig.call<DescribeClusterResponse>(message, version);
    EXPECT_EQ(response.error_code, 0);
    EXPECT_EQ(response.cluster_id, fmt::format("{}", rig.parts->cluster_id));
    EXPECT_EQ(response.controller_id, 1);
    ASSERT_THAT(response.brokers, SizeIs(1)) << "broker 2 has no such listener";
    EXPECT_EQ(response.brokers[0].broker_id, 1);
    EXPECT_EQ(response.brokers[0].host, "10.0.0.7");
    EXPECT_EQ(response.brokers[0].port, 19092);
    EXPECT_EQ(response.brokers[0].rack, std::nullopt);
    EXPECT_GT(response.cluster_authorized_operations, 0);
  }
}

TEST(KafkaDescribeCluster, KnowsNoControllersOfTheirOwn) {
  KafkaRig rig;
  DescribeClusterRequest message;
  for (const auto& [type, code] : {std::pair(2, 114), std::pair(9, 115)}) {
    message.endpoint_type = static_cast<std::int8_t>(type);
    const auto response = rig.call<DescribeClusterResponse>(message, 1);
    EXPECT_EQ(response.error_code, code);
    EXPECT_TRUE(response.error_message);
    EXPECT_THAT(response.brokers, IsEmpty());
  }
}

}  // namespace
}  // namespace ropewalk::kafka
