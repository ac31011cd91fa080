#include "broker/metadata/topic_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/metadata/producer_ids.h"

namespace ropewalk::metadata {
namespace {

using ::testing::HasSubstr;

TEST(TopicSettings, DefaultsAreWhatTheTableSays) {
  Configs from_table;
  for (const auto& definition : topic_setting_definitions()) {
    EXPECT_TRUE(check_topic_setting(definition.name, definition.default_value));
    from_table.emplace(definition.name, definition.default_value);
  }
  const TopicSettings defaults;
  const TopicSettings read = effective_settings(from_table, {});
  EXPECT_EQ(read.durability, defaults.durability);
  EXPECT_EQ(read.max_message_bytes, defaults.max_message_bytes);
  EXPECT_EQ(read.min_in_sync_replicas, defaults.min_in_sync_replicas);
  EXPECT_EQ(read.retention_ms, defaults.retention_ms);
  EXPECT_EQ(read.retention_bytes, defaults.retention_bytes);
  EXPECT_EQ(read.segment_ms, defaults.segment_ms);
  EXPECT_EQ(read.compression, defaults.compression);
  EXPECT_EQ(read.gzip_level, defaults.gzip_level);
  EXPECT_EQ(read.log_append_time, defaults.log_append_time);
  EXPECT_EQ(read.timestamp_before_max_ms, defaults.timestamp_before_max_ms);
  EXPECT_EQ(read.timestamp_after_max_ms, defaults.timestamp_after_max_ms);
  EXPECT_EQ(read.segment_bytes, 1 << 30);
  EXPECT_EQ(defaults.segment_bytes, std::nullopt);  // A broker's own default holds then.
}

TEST(TopicSettings, TopicBeatsClusterBeatsDefault) {
  const Configs cluster{{"durability", "replicated"}, {"segment.bytes", "2000000"}};
  const Configs topic{{"durability", "synced"}};
  const auto settings = effective_settings(topic, cluster);
  EXPECT_EQ(settings.durability, Durability::synced);
  EXPECT_EQ(settings.segment_bytes, 2'000'000);
  EXPECT_EQ(settings.min_in_sync_replicas, 2);
  EXPECT_EQ(effective_value("durability", topic, cluster), "synced");
  EXPECT_EQ(effective_value("segment.bytes", topic, cluster), "2000000");
  EXPECT_EQ(effective_value("retention.ms", topic, cluster), "604800000");
}

TEST(TopicSettings, RefusesWithWhatWouldBeRight) {
  struct Case {
    const char* name;
    const char* value;
    const char* says;
  };
  const Case cases[] = {{"durability", "syncing", "synced or replicated"},
                        {"durability", "", "synced or replicated"},
                        {"retention.ms", "-2", "-1: for ever"},
                        {"segment.ms", "0", "from 1"},
                        {"retention.bytes", "1k", "from 0"},
                        {"cleanup.policy", "compact", "no compaction"},
                        {"cleanup.policy", "compact,delete", "no compaction"},
                        {"compression.type", "brotli", "producer, uncompressed"},
                        {"compression.gzip.level", "0", "from 1 to 9"},
                        {"compression.lz4.level", "13", "from 1 to 12"},
                        {"compression.zstd.level", "23", "to 22"},
                        {"message.timestamp.type", "createtime", "CreateTime or"},
                        {"message.timestamp.after.max.ms", "-1", "from 0"},
                        {"min.insync.replicas", "0", "from 1"},
                        {"min.insync.replicas", "2x", "from 1"},
                        {"segment.bytes", "100", "1048576"},
                        {"max.message.bytes", "60", "61"},
                        {"max.message.bytes", "99999999999999999999", "33554432"},
                        {"retention", "-1", "did you mean retention.ms?"},
                        {"Durability", "synced", "did you mean durability?"},
                        {"xyzzy-nothing-like-it", "1", "known are "}};
  for (const Case& c : cases) {
    auto checked = check_topic_setting(c.name, c.value);
    ASSERT_FALSE(checked) << c.name << "=" << c.value;
    EXPECT_EQ(checked.error().code, Errc::invalid_config);
    EXPECT_THAT(checked.error().context, HasSubstr(c.says));
  }
}

TEST(TopicSettings, AreAsTheirTextSays) {
  const auto settings = effective_settings({{"compression.type", "zstd"},
                                            {"compression.zstd.level", "-5"},
                                            {"compression.gzip.level", "9"},
                                            {"message.timestamp.type", "LogAppendTime"},
                                            {"cleanup.policy", "delete"}},
                                           {{"compression.type", "gzip"}});
  EXPECT_EQ(settings.compression, Codec::zstd);
  EXPECT_EQ(settings.level_of(Codec::zstd), -5);
  EXPECT_EQ(settings.level_of(Codec::gzip), 9);
  EXPECT_EQ(settings.level_of(Codec::snappy), std::nullopt);
  EXPECT_TRUE(settings.log_append_time);
  for (const char* const none : {"none", "uncompressed"})
    EXPECT_EQ(effective_settings({{"compression.type", none}}, {}).compression, Codec::none);
  // A topic's own "producer" beats what the cluster says.
  EXPECT_EQ(effective_settings({{"compression.type", "producer"}}, {{"compression.type", "gzip"}})
                .compression,
            std::nullopt);
}

// C48: what Kafka's tools set is taken where it changes nothing, and says so.
TEST(TopicSettings, OfKafkaThatChangeNothingAreTaken) {
  const Configs set{{"flush.ms", "1000"},
                    {"index.interval.bytes", "1024"},
                    {"min.cleanable.dirty.ratio", "0.01"},
                    {"preallocate", "true"},
                    {"leader.replication.throttled.replicas", ""},
                    {"follower.replication.throttled.replicas", "0:101,12:3"},
                    {"segment.jitter.ms", "5"}};
  for (const auto& [name, value] : set) {
    EXPECT_TRUE(check_topic_setting(name, value)) << name;
    EXPECT_FALSE(find_topic_setting(name)->has_effect) << name;
    EXPECT_TRUE(find_topic_setting(name)->help.starts_with("Changes nothing: ")) << name;
  }
  for (const auto& [name, value] : Configs{{"flush.ms", "soon"},
                                           {"min.cleanable.dirty.ratio", "1.5"},
                                           {"min.cleanable.dirty.ratio", "0.5x"},
                                           {"preallocate", "yes"},
                                           {"follower.replication.throttled.replicas", "0:1,2"},
                                           {"leader.replication.throttled.replicas", "0:-1"},
                                           {"leader.replication.throttled.replicas", "*,0:1"},
                                           {"unclean.leader.election.enable", "yes"}})
    EXPECT_EQ(check_topic_setting(name, value).error().code, Errc::invalid_config) << name;
}

// What is asked for in Kafka's words is not given less.
TEST(TopicSettings, FlushingEveryMessageIsSyncing) {
  const Configs relaxed{{"durability", "replicated"}};
  EXPECT_EQ(effective_settings({{"flush.messages", "1"}}, relaxed).durability, Durability::synced);
  EXPECT_EQ(effective_settings({{"flush.messages", "2"}}, relaxed).durability,
            Durability::replicated);
  EXPECT_EQ(
      effective_settings({{"durability", "replicated"}, {"flush.messages", "1"}}, {}).durability,
      Durability::synced);
  EXPECT_EQ(effective_settings(relaxed, {{"flush.messages", "1"}}).durability,
            Durability::replicated)
      << "a topic's own word beats the cluster's";
  EXPECT_FALSE(check_topic_setting("flush.messages", "0"));
}

TEST(TopicSettings, AreDescribedEachByNameInOrder) {
  const auto definitions = topic_setting_definitions();
  EXPECT_TRUE(std::ranges::is_sorted(definitions, {}, &TopicSettingDefinition::name));
  for (const auto& definition : definitions) {
    EXPECT_TRUE(check_topic_setting(definition.name, definition.default_value)) << definition.name;
    EXPECT_TRUE(definition.help.ends_with('.')) << definition.name;
    EXPECT_EQ(find_topic_setting(definition.name), &definition);
    // A number is said to be one, a text is not.
    const bool is_number = definition.type == settings::SettingType::int32 ||
                           definition.type == settings::SettingType::int64 ||
                           definition.type == settings::SettingType::float64;
    EXPECT_EQ(definition.accepts.starts_with("a number"), is_number) << definition.name;
  }
  EXPECT_EQ(find_topic_setting("retention"), nullptr);
}

TEST(TopicSettings, MinimumIsLoweredToTheFactor) {
  TopicSettings settings;
  Partition partition;
  partition.replicas = {BrokerId(1)};
  EXPECT_EQ(effective_min_in_sync(settings, partition), 1);
  partition.replicas = {BrokerId(1), BrokerId(2), BrokerId(3)};
  EXPECT_EQ(effective_min_in_sync(settings, partition), 2);
  partition.adding = {BrokerId(2), BrokerId(3)};
  EXPECT_EQ(effective_min_in_sync(settings, partition), 1);
}

TEST(ProducerIds, EpochsEnd) {
  EXPECT_EQ(next_producer_epoch(ProducerEpoch(0)), ProducerEpoch(1));
  EXPECT_EQ(next_producer_epoch(ProducerEpoch(32765)), ProducerEpoch(32766));
  EXPECT_EQ(next_producer_epoch(ProducerEpoch(32766)), std::nullopt);
}

}  // namespace
}  // namespace ropewalk::metadata
