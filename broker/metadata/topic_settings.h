// Settings of a topic: their names (Kafka's, dotted), defaults and what values mean.
//
// What holds for a topic is its own value, else the cluster's, else the default. The same table
// checks what somebody wants to set.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/metadata/image.h"
#include "common/error.h"
#include "common/records/compression.h"
#include "common/settings/setting_type.h"

namespace ropewalk::metadata {

struct TopicSettings {
  Durability durability = Durability::synced;  // Wanted; the partition's state says what is so.
  std::int32_t min_in_sync_replicas = 2;       // R3 lowers it to the replication factor.
  bool unclean_elections = false;              // Whoever is there leads where nobody may.
  std::int64_t retention_ms = 604'800'000;     // -1: kept for ever.
  std::int64_t retention_bytes = -1;           // -1: whatever they come to.
  std::int64_t segment_ms = 604'800'000;
  std::optional<std::int64_t> segment_bytes;   // Not set: what each broker has as its default.
  std::int64_t max_message_bytes = 1'048'588;  // Of a batch as stored, header included.
  std::optional<Codec> compression;            // Not set: as the producer has it.
  std::optional<int> gzip_level;               // For the broker's own compressing.
  std::optional<int> lz4_level;
  std::optional<int> zstd_level;
  bool log_append_time = false;  // Records have the time of the broker, not that of the producer.
  // How far a producer's time may be off.
  std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t timestamp_after_max_ms = 3'600'000;

  std::optional<int> level_of(Codec codec) const;
};

struct TopicSettingDefinition {
  std::string_view name;
  std::string_view default_value;
  std::string_view accepts;  // For people: "synced or replicated".
  std::string_view help;     // A sentence or two for the operator.
  settings::SettingType type = settings::SettingType::text;
  // Set nowhere, each broker's own setting holds; the default is only what that one begins with.
  bool brokers_own = false;
  // Otherwise it is one of Kafka's that is taken so that its tools work, and told where it was set;
  // the help says why it changes nothing.
  bool has_effect = true;
};
std::span<const TopicSettingDefinition> topic_setting_definitions();
// Null if there is no such setting.
const TopicSettingDefinition* find_topic_setting(std::string_view name);

// Of a setting's value: all of them go into the metadata log and its snapshots.
inline constexpr std::size_t kSettingBytesMax = 64 << 10;

// Errors: invalid_config, with what would be right (for an unknown name: the nearest and all).
Result<void> check_topic_setting(std::string_view name, std::string_view value);

// `topic` and `cluster` hold what was set; values that do not check (written by a newer version)
// count as not set.
TopicSettings effective_settings(const Configs& topic, const Configs& cluster);
inline TopicSettings effective_settings(const Image& image, const Topic& topic) {
  return effective_settings(topic.configs, image.cluster_configs());
}
// The value that holds, as text, for descriptions. Pre: the name is in the table.
std::string effective_value(std::string_view name, const Configs& topic, const Configs& cluster);

// R3: the least size of the in-sync set at which the high watermark moves.
std::int32_t effective_min_in_sync(const TopicSettings& settings, const Partition& partition);

std::string_view to_string(Durability durability);  // "replicated", "syncing", "synced".

}  // namespace ropewalk::metadata
