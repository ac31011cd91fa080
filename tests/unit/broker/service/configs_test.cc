// Settings of topics, of the cluster and of the broker: described, and asked to be changed.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/service/setting_notes.h"
#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

using metadata::ConfigEdit;
using settings::SettingType;
using testing::AllOf;
using testing::HasSubstr;

const ConfigResource kTopic{ConfigScope::topic, "t"};
const ConfigResource kCluster{ConfigScope::cluster, ""};
const ConfigResource kBroker{ConfigScope::broker, "1"};

class ConfigsTest : public testing::Test {
 protected:
  Result<std::vector<ConfigDescription>> describe(const ConfigResource& resource) {
    Result<std::vector<ConfigDescription>> described;
    rig_.on_core(
        [&] { described = rig_.use_cases->describe_configs.handle(rig_.context(), resource); });
    return described;
  }
  ConfigDescription setting(const ConfigResource& resource, std::string_view name) {
    const auto described = describe(resource);
    if (!described) return {};
    const auto found = std::ranges::find(*described, name, &ConfigDescription::name);
    return found == described->end() ? ConfigDescription{} : *found;
  }
  std::vector<Result<void>> alter(std::vector<AlteredResource> request,
                                  bool validate_only = false) {
    return rig_.world.run(rig_.core(), rig_.use_cases->alter_configs.handle(
                                           rig_.context(), std::move(request), validate_only));
  }
  Errc altered(AlteredResource resource) {
    const auto outcome = alter({std::move(resource)});
    return outcome.at(0) ? Errc::none : outcome[0].error().code;
  }
  void will_take(std::size_t changes) {
    metadata::ControllerAnswer answer;
    answer.offset = Offset(0);
    for (std::size_t i = 0; i < changes; i++) answer.items.emplace_back(std::monostate{});
    rig_.controller.answers.push_back(std::move(answer));
  }
  const metadata::SetConfigs& asked(std::size_t index = 0) {
    return std::get<metadata::SetConfigs>(rig_.controller.asked.at(index));
  }
  ServiceRig rig_{1};
};

TEST_F(ConfigsTest, ATopicsSettingHasAllThatCouldHoldInOrder) {
  rig_.add_topic("t", 1, ServiceRig::kSelf, {{"retention.ms", "5"}});
  rig_.apply({metadata::ConfigRecord{metadata::ClusterScope{}, "retention.ms", "6"}});
  const auto retention = setting(kTopic, "retention.ms");
  EXPECT_EQ(retention.value, "5");
  EXPECT_EQ(retention.source, SettingSource::topic);
  EXPECT_EQ(retention.type, SettingType::int64);
  EXPECT_FALSE(retention.is_read_only);
  ASSERT_EQ(retention.values.size(), 3u);
  EXPECT_EQ(retention.values[1].value, "6");
  EXPECT_EQ(retention.values[1].source, SettingSource::cluster);
  EXPECT_EQ(retention.values[2].value, "604800000");
  EXPECT_EQ(retention.values[2].source, SettingSource::default_value);
  const auto segment = setting(kTopic, "segment.bytes");
  EXPECT_EQ(segment.source, SettingSource::broker);
  EXPECT_EQ(segment.values[0].name, "segment_bytes");
  EXPECT_EQ(setting(kTopic, "cleanup.policy").type, SettingType::list);
  EXPECT_EQ(static_cast<std::ptrdiff_t>(describe(kTopic)->size()),
            std::ranges::count(metadata::topic_setting_definitions(), true,
                               &metadata::TopicSettingDefinition::has_effect));
}

TEST_F(ConfigsTest, WhatChangesNothingIsToldWhereItIsSet) {
  rig_.add_topic("t", 1, ServiceRig::kSelf, {{"flush.ms", "5"}});
  rig_.apply({metadata::ConfigRecord{metadata::ClusterScope{}, "preallocate", "true"}});
  EXPECT_EQ(setting(kTopic, "flush.ms").value, "5");
  EXPECT_THAT(setting(kTopic, "flush.ms").help, HasSubstr("Changes nothing"));
  EXPECT_EQ(setting(kTopic, "preallocate").value, "true");
  EXPECT_EQ(setting(kTopic, "preallocate").type, SettingType::boolean);
  EXPECT_EQ(setting(kTopic, "segment.jitter.ms").name, "");
}

TEST(SettingNotes, SayWhatCountsOtherwise) {
  EXPECT_EQ(notes_on({{"retention.ms", "5"}, {"min.insync.replicas", "2"}}, 2), "");
  EXPECT_EQ(notes_on({{"min.insync.replicas", "2"}}, 1),
            "min.insync.replicas=2 counts as 1, the number of replicas.");
  EXPECT_THAT(notes_on({{"flush.ms", "5"}, {"preallocate", "true"}}, 1),
              AllOf(HasSubstr("flush.ms: Changes nothing"), HasSubstr(". preallocate: Changes")));
}

TEST_F(ConfigsTest, OfTheClusterOnlyWhatWasSetIsTold) {
  EXPECT_TRUE(describe(kCluster)->empty());
  rig_.apply({metadata::ConfigRecord{metadata::ClusterScope{}, "retention.ms", "6"}});
  const auto described = describe(kCluster);
  ASSERT_EQ(described->size(), 1u);
  EXPECT_EQ(described->front().value, "6");
  EXPECT_EQ(described->front().source, SettingSource::cluster);
}

TEST_F(ConfigsTest, ABrokersSettingsAreReadOnlyAndSecretsKept) {
  rig_.parts->settings = {
      {.key = "cores", .value = "2", .default_value = "0", .is_default = false},
      {.key = "advertised", .value = "", .default_value = ""},
      {.key = "key", .value = "hunter2", .is_default = false, .is_secret = true}};
  rig_.use_cases = std::make_unique<UseCases>(*rig_.parts);
  const auto cores = setting(kBroker, "cores");
  EXPECT_EQ(cores.value, "2");
  EXPECT_EQ(cores.source, SettingSource::broker);
  EXPECT_TRUE(cores.is_read_only);
  ASSERT_EQ(cores.values.size(), 2u);
  EXPECT_EQ(cores.values[1].value, "0");
  EXPECT_EQ(setting(kBroker, "advertised").source, SettingSource::default_value);
  EXPECT_EQ(setting(kBroker, "advertised").value, std::nullopt);
  const auto key = setting(kBroker, "key");
  EXPECT_TRUE(key.is_secret);
  EXPECT_EQ(key.value, std::nullopt);
  EXPECT_TRUE(key.values.empty());
}

TEST_F(ConfigsTest, DescribesNothingOfOthers) {
  EXPECT_EQ(describe(kTopic).error().code, Errc::unknown_topic_or_partition);
  rig_.add_topic("t");
  rig_.authorizer.forbidden = "t";
  EXPECT_EQ(describe(kTopic).error().code, Errc::topic_authorization_failed);
  for (const char* const other : {"2", "", "x", "01"})
    EXPECT_EQ(describe({ConfigScope::broker, other}).error().code, Errc::invalid_request);
}

TEST_F(ConfigsTest, ChangesOfATopicGoToTheControllerAtOnce) {
  const TopicId id = rig_.add_topic("t");
  will_take(2);
  EXPECT_EQ(
      altered(
          {.resource = kTopic,
           .changes = {{.name = "retention.ms", .value = "5"},
                       {.name = "cleanup.policy", .value = "delete", .edit = ConfigEdit::append}}}),
      Errc::none);
  ASSERT_EQ(asked().changes.size(), 2u);
  EXPECT_TRUE(asked().replaced.empty());
  EXPECT_EQ(std::get<metadata::TopicRef>(asked().changes[0].scope).id, id);
  EXPECT_EQ(asked().changes[1].edit, ConfigEdit::append);
}

TEST_F(ConfigsTest, ReplacingNamesWhoseSettingsGo) {
  const TopicId id = rig_.add_topic("t");
  will_take(1);
  EXPECT_EQ(altered({.resource = kTopic, .replace_all = true}), Errc::none);
  ASSERT_EQ(asked().replaced.size(), 1u);
  EXPECT_EQ(std::get<metadata::TopicRef>(asked().replaced[0]).id, id);
}

TEST_F(ConfigsTest, TheClustersSettingsAreChangedToo) {
  will_take(1);
  EXPECT_EQ(altered({.resource = kCluster, .changes = {{.name = "retention.ms", .value = "5"}}}),
            Errc::none);
  EXPECT_TRUE(std::holds_alternative<metadata::ClusterScope>(asked().changes[0].scope));
}

TEST_F(ConfigsTest, ABrokersSettingsAreNotChangedHere) {
  const auto outcome = alter({{.resource = kBroker, .changes = {{.name = "cores", .value = "3"}}}});
  EXPECT_EQ(outcome[0].error().code, Errc::invalid_request);
  EXPECT_THAT(outcome[0].error().context, HasSubstr("in its file"));
  EXPECT_TRUE(rig_.controller.asked.empty());
}

constexpr const char* kRate = "follower.replication.throttled.rate";

// As kafka-reassign-partitions --throttle does, of any broker.
TEST_F(ConfigsTest, WhatHoldsAtOnceIsChangedOfAnyBroker) {
  will_take(1);
  EXPECT_EQ(altered({.resource = {ConfigScope::broker, "7"},
                     .changes = {{.name = kRate, .value = "1000000"}}}),
            Errc::none);
  EXPECT_EQ(std::get<BrokerId>(asked().changes[0].scope), BrokerId(7));
  for (const char* const name : {"", "x", "-1", "7x"})
    EXPECT_EQ(altered({.resource = {ConfigScope::broker, name},
                       .changes = {{.name = kRate, .value = "1000000"}}}),
              Errc::invalid_request);
}

TEST_F(ConfigsTest, WhatHoldsAtOnceIsToldWhereItIsSet) {
  EXPECT_EQ(setting(kBroker, kRate).name, "");
  rig_.apply({metadata::ConfigRecord{ServiceRig::kSelf, kRate, "5"}});
  const auto rate = setting(kBroker, kRate);
  EXPECT_EQ(rate.value, "5");
  EXPECT_EQ(rate.source, SettingSource::broker_at_once);
  EXPECT_FALSE(rate.is_read_only);
}

TEST_F(ConfigsTest, TheControllerIsAskedOnceAndEachResourceAnsweredForItself) {
  const TopicId t = rig_.add_topic("t");
  const TopicId u = rig_.add_topic("u");
  metadata::ControllerAnswer answer;
  answer.offset = Offset(0);
  answer.items = {fail(Errc::policy_violation, "not this one"), std::monostate{}, std::monostate{},
                  std::monostate{}, fail(Errc::invalid_config, "no such thing")};
  rig_.controller.answers.push_back(std::move(answer));
  const auto outcome =
      alter({{.resource = kTopic, .replace_all = true},
             {.resource = {ConfigScope::topic, "nope"}},
             {.resource = {ConfigScope::topic, "u"},
              .changes = {{.name = "retention.ms", .value = std::nullopt}},
              .replace_all = true},
             {.resource = kCluster,
              .changes = {{.name = "segment.ms", .value = "5"}, {.name = "x", .value = "5"}}}},
            true);
  ASSERT_EQ(rig_.controller.asked.size(), 1u);
  EXPECT_EQ(outcome[0].error().code, Errc::policy_violation);
  EXPECT_EQ(outcome[1].error().code, Errc::unknown_topic_or_partition);
  EXPECT_TRUE(outcome[2]);
  EXPECT_EQ(outcome[3].error().code, Errc::invalid_config);
  EXPECT_TRUE(asked().validate_only);
  ASSERT_EQ(asked().replaced.size(), 2u);
  EXPECT_EQ(std::get<metadata::TopicRef>(asked().replaced[0]).id, t);
  EXPECT_EQ(std::get<metadata::TopicRef>(asked().replaced[1]).id, u);
  ASSERT_EQ(asked().changes.size(), 3u);
}

TEST_F(ConfigsTest, WhoAskedForNothingHearsOfNoError) {
  rig_.add_topic("t");
  rig_.add_topic("u");
  rig_.controller.answers.push_back(fail(Errc::not_controller, "ask again"));
  const auto outcome =
      alter({{.resource = kTopic}, {.resource = {ConfigScope::topic, "u"}, .replace_all = true}});
  EXPECT_TRUE(outcome[0]);
  EXPECT_EQ(outcome[1].error().code, Errc::not_controller);
}

TEST_F(ConfigsTest, NothingStandsTwiceInARequest) {
  rig_.add_topic("t");
  EXPECT_EQ(altered({.resource = kTopic,
                     .changes = {{.name = "retention.ms", .value = "5"},
                                 {.name = "retention.ms", .value = "6"}}}),
            Errc::invalid_request);
  for (const auto& outcome : alter({{.resource = kTopic}, {.resource = kTopic}}))
    EXPECT_EQ(outcome.error().code, Errc::invalid_request);
  EXPECT_TRUE(rig_.controller.asked.empty());
}

TEST_F(ConfigsTest, ChangingNothingAsksNobody) {
  rig_.add_topic("t");
  EXPECT_EQ(altered({.resource = kTopic}), Errc::none);
  rig_.authorizer.forbidden = "t";
  EXPECT_EQ(altered({.resource = kTopic}), Errc::topic_authorization_failed);
  EXPECT_TRUE(rig_.controller.asked.empty());
}

}  // namespace
}  // namespace ropewalk::service
