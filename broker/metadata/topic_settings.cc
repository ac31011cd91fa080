#include "broker/metadata/topic_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "common/nearest.h"

namespace ropewalk::metadata {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kFlushMessages = "flush.messages";

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Sets the field from an integer in [low, high]; false if the text is none.
template <class T>
bool set_integer(std::string_view text, std::int64_t low, std::int64_t high, T& field) {
  const auto parsed = parse_integer(text);
  if (!parsed || *parsed < low || *parsed > high) return false;
  const std::int64_t value = *parsed;
  field = static_cast<T>(value);
  return true;
}

// Without effect; right or not.
template <std::int64_t low, std::int64_t high>
bool is_number(TopicSettings&, std::string_view text) {
  std::int64_t ignored = 0;
  return set_integer(text, low, high, ignored);
}
bool is_ratio(TopicSettings&, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 0 && value <= 1;
}
bool is_boolean(TopicSettings&, std::string_view text) { return text == "true" || text == "false"; }
// "PARTITION:BROKER,...", or "*".
bool is_list_of_replicas(TopicSettings&, std::string_view text) {
  if (text == "*") return true;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    const std::size_t colon = item.find(':');
    std::int64_t ignored = 0;
    if (colon == std::string_view::npos ||
        !set_integer(item.substr(0, colon), 0, kInt32Max, ignored) ||
        !set_integer(item.substr(colon + 1), 0, kInt32Max, ignored))
      return false;
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return true;
}

bool set_cleanup_policy(TopicSettings&, std::string_view text) { return text == "delete"; }
bool set_compression(TopicSettings& settings, std::string_view text) {
  settings.compression.reset();
  if (text == "producer") return true;
  const auto codec = codec_named(text == "uncompressed" ? "none" : text);
  if (codec) settings.compression = *codec;
  return codec.has_value();
}
template <Codec codec>
bool set_level(std::optional<int>& field, std::string_view text) {
  return set_integer(text, levels_of(codec)->least, levels_of(codec)->most, field);
}
bool set_gzip_level(TopicSettings& settings, std::string_view text) {
  if (text != "-1") return set_level<Codec::gzip>(settings.gzip_level, text);
  settings.gzip_level.reset();
  return true;
}
bool set_lz4_level(TopicSettings& settings, std::string_view text) {
  return set_level<Codec::lz4>(settings.lz4_level, text);
}
bool set_zstd_level(TopicSettings& settings, std::string_view text) {
  return set_level<Codec::zstd>(settings.zstd_level, text);
}
bool set_timestamp_after(TopicSettings& settings, std::string_view text) {
  return set_integer(text, 0, kInt64Max, settings.timestamp_after_max_ms);
}
bool set_timestamp_before(TopicSettings& settings, std::string_view text) {
  return set_integer(text, 0, kInt64Max, settings.timestamp_before_max_ms);
}
bool set_timestamp_type(TopicSettings& settings, std::string_view text) {
  settings.log_append_time = text == "LogAppendTime";
  return settings.log_append_time || text == "CreateTime";
}
bool set_durability(TopicSettings& settings, std::string_view text) {
  if (text != "synced" && text != "replicated") return false;
  settings.durability = text == "synced" ? Durability::synced : Durability::replicated;
  return true;
}
// Who wants every record flushed must not be given less.
bool set_flush_messages(TopicSettings& settings, std::string_view text) {
  std::int64_t messages = 0;
  if (!set_integer(text, 1, kInt64Max, messages)) return false;
  if (messages == 1) settings.durability = Durability::synced;
  return true;
}
bool set_max_message_bytes(TopicSettings& settings, std::string_view text) {
  return set_integer(text, 61, 32 << 20, settings.max_message_bytes);
}
bool set_min_in_sync(TopicSettings& settings, std::string_view text) {
  return set_integer(text, 1, 1000, settings.min_in_sync_replicas);
}
bool set_unclean_elections(TopicSettings& settings, std::string_view text) {
  settings.unclean_elections = text == "true";
  return text == "true" || text == "false";
}
bool set_retention_bytes(TopicSettings& settings, std::string_view text) {
  return set_integer(text, -1, kInt64Max, settings.retention_bytes);
}
bool set_retention_ms(TopicSettings& settings, std::string_view text) {
  return set_integer(text, -1, kInt64Max, settings.retention_ms);
}
bool set_segment_ms(TopicSettings& settings, std::string_view text) {
  return set_integer(text, 1, kInt64Max, settings.segment_ms);
}
bool set_segment_bytes(TopicSettings& settings, std::string_view text) {
  return set_integer(text, 1 << 20, 1 << 30, settings.segment_bytes);
}

using Setter = bool (*)(TopicSettings&, std::string_view);
using enum settings::SettingType;
constexpr std::array kDefinitions{
    TopicSettingDefinition{.name = "cleanup.policy",
                           .default_value = "delete",
                           .accepts = "delete (there is no compaction in this version)",
                           .help = "How old records go: by age and size.",
                           .type = list},
    TopicSettingDefinition{
        .name = "compression.gzip.level",
        .default_value = "-1",
        .accepts = "a number from 1 to 9, or -1: zlib's",
        .help = "The level at which the broker compresses where compression.type is gzip.",
        .type = int32},
    TopicSettingDefinition{
        .name = "compression.lz4.level",
        .default_value = "1",
        .accepts = "a number from 1 to 12",
        .help = "The level at which the broker compresses where compression.type is lz4.",
        .type = int32},
    TopicSettingDefinition{
        .name = "compression.type",
        .default_value = "producer",
        .accepts = "producer, uncompressed, gzip, snappy, lz4 or zstd",
        .help = "How batches are stored: as the producer has compressed them, or by this codec.",
        .type = text},
    TopicSettingDefinition{
        .name = "compression.zstd.level",
        .default_value = "3",
        .accepts = "a number from -131072 to 22",
        .help = "The level at which the broker compresses where compression.type is zstd.",
        .type = int32},
    TopicSettingDefinition{.name = "delete.retention.ms",
                           .default_value = "86400000",
                           .accepts = "a number from 0 up",
                           .help = "Changes nothing: there is no compaction in this version.",
                           .type = int64,
                           .has_effect = false},
    TopicSettingDefinition{
        .name = "durability",
        .default_value = "synced",
        .accepts = "synced or replicated",
        .help =
            "What a replica counts with: what it has synced to its disk, or what it has written.",
        .type = text},
    TopicSettingDefinition{.name = "file.delete.delay.ms",
                           .default_value = "60000",
                           .accepts = "a number from 0 up",
                           .help = "Changes nothing: files go when nobody reads them any more.",
                           .type = int64,
                           .has_effect = false},
    TopicSettingDefinition{
        .name = kFlushMessages,
        .default_value = "9223372036854775807",
        .accepts = "a number from 1 up",
        .help = "1 is durability=synced, whatever that says beside it; others change nothing.",
        .type = int64},
    TopicSettingDefinition{
        .name = "flush.ms",
        .default_value = "9223372036854775807",
        .accepts = "a number from 0 up",
        .help =
            "Changes nothing: with durability=synced a record is synced before it is acknowledged.",
        .type = int64,
        .has_effect = false},
    TopicSettingDefinition{.name = "follower.replication.throttled.replicas",
                           .default_value = "",
                           .accepts = "PARTITION:BROKER, several with commas, or *",
                           .help = "Changes nothing: every replica that is not in sync is held to "
                                   "its broker's follower.replication.throttled.rate.",
                           .type = list,
                           .has_effect = false},
    TopicSettingDefinition{
        .name = "index.interval.bytes",
        .default_value = "4096",
        .accepts = "a number from 0 up",
        .help = "Changes nothing: each broker goes by its own setting index_interval_bytes.",
        .type = int32,
        .has_effect = false},
    TopicSettingDefinition{.name = "leader.replication.throttled.replicas",
                           .default_value = "",
                           .accepts = "PARTITION:BROKER, several with commas, or *",
                           .help = "Changes nothing: every replica that is not in sync is held to "
                                   "its broker's follower.replication.throttled.rate.",
                           .type = list,
                           .has_effect = false},
    TopicSettingDefinition{.name = "max.compaction.lag.ms",
                           .default_value = "9223372036854775807",
                           .accepts = "a number from 1 up",
                           .help = "Changes nothing: there is no compaction in this version.",
                           .type = int64,
                           .has_effect = false},
    TopicSettingDefinition{.name = "max.message.bytes",
                           .default_value = "1048588",
                           .accepts = "a number from 61 to 33554432",
                           .help = "The largest batch as it is stored, its header included.",
                           .type = int32},
    TopicSettingDefinition{
        .name = "message.timestamp.after.max.ms",
        .default_value = "3600000",
        .accepts = "a number from 0 up",
        .help = "How far a producer's timestamp may be ahead of the broker's clock.",
        .type = int64},
    TopicSettingDefinition{
        .name = "message.timestamp.before.max.ms",
        .default_value = "9223372036854775807",
        .accepts = "a number from 0 up",
        .help = "How far a producer's timestamp may be behind the broker's clock.",
        .type = int64},
    TopicSettingDefinition{
        .name = "message.timestamp.type",
        .default_value = "CreateTime",
        .accepts = "CreateTime or LogAppendTime",
        .help = "Whether records have the producer's time or the one at which they were appended.",
        .type = text},
    TopicSettingDefinition{.name = "min.cleanable.dirty.ratio",
                           .default_value = "0.5",
                           .accepts = "a number from 0 to 1",
                           .help = "Changes nothing: there is no compaction in this version.",
                           .type = float64,
                           .has_effect = false},
    TopicSettingDefinition{.name = "min.compaction.lag.ms",
                           .default_value = "0",
                           .accepts = "a number from 0 up",
                           .help = "Changes nothing: there is no compaction in this version.",
                           .type = int64,
                           .has_effect = false},
    TopicSettingDefinition{
        .name = "min.insync.replicas",
        .default_value = "2",
        .accepts = "a number from 1 to 1000",
        .help = "So many replicas must be in sync for acks=all; never more than there are.",
        .type = int32},
    TopicSettingDefinition{.name = "preallocate",
                           .default_value = "false",
                           .accepts = "true or false",
                           .help = "Changes nothing: files grow as they are written.",
                           .type = boolean,
                           .has_effect = false},
    TopicSettingDefinition{
        .name = "retention.bytes",
        .default_value = "-1",
        .accepts = "a number from 0 up, or -1: without limit",
        .help = "The oldest records of a partition go when it holds more than this.",
        .type = int64},
    TopicSettingDefinition{.name = "retention.ms",
                           .default_value = "604800000",
                           .accepts = "a number from 0 up, or -1: for ever",
                           .help = "Records go when they are older than this.",
                           .type = int64},
    TopicSettingDefinition{.name = "segment.bytes",
                           .default_value = "1073741824",
                           .accepts = "a number from 1048576 to 1073741824",
                           .help = "The size at which a partition's log begins a new file.",
                           .type = int32,
                           .brokers_own = true},
    TopicSettingDefinition{.name = "segment.index.bytes",
                           .default_value = "10485760",
                           .accepts = "a number from 4 up",
                           .help = "Changes nothing: an index is as large as its segment needs.",
                           .type = int32,
                           .has_effect = false},
    TopicSettingDefinition{.name = "segment.jitter.ms",
                           .default_value = "0",
                           .accepts = "a number from 0 up",
                           .help = "Changes nothing: segments begin when segment.ms says.",
                           .type = int64,
                           .has_effect = false},
    TopicSettingDefinition{.name = "segment.ms",
                           .default_value = "604800000",
                           .accepts = "a number from 1 up",
                           .help = "The age at which a partition's log begins a new file.",
                           .type = int64},
    TopicSettingDefinition{
        .name = "unclean.leader.election.enable",
        .default_value = "false",
        .accepts = "true or false",
        .help = "Whether a replica that lacks records leads when no other can: they are lost then.",
        .type = boolean},
};
constexpr std::array<Setter, kDefinitions.size()> kSetters{set_cleanup_policy,
                                                           set_gzip_level,
                                                           set_lz4_level,
                                                           set_compression,
                                                           set_zstd_level,
                                                           is_number<0, kInt64Max>,
                                                           set_durability,
                                                           is_number<0, kInt64Max>,
                                                           set_flush_messages,
                                                           is_number<0, kInt64Max>,
                                                           is_list_of_replicas,
                                                           is_number<0, kInt32Max>,
                                                           is_list_of_replicas,
                                                           is_number<1, kInt64Max>,
                                                           set_max_message_bytes,
                                                           set_timestamp_after,
                                                           set_timestamp_before,
                                                           set_timestamp_type,
                                                           is_ratio,
                                                           is_number<0, kInt64Max>,
                                                           set_min_in_sync,
                                                           is_boolean,
                                                           set_retention_bytes,
                                                           set_retention_ms,
                                                           set_segment_bytes,
                                                           is_number<4, kInt32Max>,
                                                           is_number<0, kInt64Max>,
                                                           set_segment_ms,
                                                           set_unclean_elections};

std::optional<std::size_t> index_of(std::string_view name) {
  for (std::size_t i = 0; i < kDefinitions.size(); i++)
    if (kDefinitions[i].name == name) return i;
  return std::nullopt;
}

std::unexpected<Error> unknown_setting(std::string_view name) {
  std::array<std::string_view, kDefinitions.size()> known;
  std::ranges::transform(kDefinitions, known.begin(), &TopicSettingDefinition::name);
  return fail(Errc::invalid_config, "there is no topic setting \"{}\" (known are {}){}",
              name.substr(0, 100), fmt::join(known, ", "), did_you_mean(name, known));
}

void set_known(TopicSettings& settings, const Configs& configs) {
  for (const auto& [name, value] : configs)
    if (const auto index = index_of(name)) kSetters[*index](settings, value);
  // It beats the durability that stands beside it, in whatever order.
  if (const auto flush = configs.find(kFlushMessages); flush != configs.end())
    set_flush_messages(settings, flush->second);
}

}  // namespace

std::span<const TopicSettingDefinition> topic_setting_definitions() { return kDefinitions; }

const TopicSettingDefinition* find_topic_setting(std::string_view name) {
  const auto index = index_of(name);
  return index ? &kDefinitions[*index] : nullptr;
}

Result<void> check_topic_setting(std::string_view name, std::string_view value) {
  const auto index = index_of(name);
  if (!index) return unknown_setting(name);
  if (value.size() > kSettingBytesMax)
    return fail(Errc::invalid_config, "{} has {} bytes, at most {} are taken", name, value.size(),
                kSettingBytesMax);
  TopicSettings ignored;
  if (kSetters[*index](ignored, value)) return {};
  return fail(Errc::invalid_config, "{} cannot be \"{}\": it is {}", name, value.substr(0, 100),
              kDefinitions[*index].accepts);
}

std::optional<int> TopicSettings::level_of(Codec codec) const {
  switch (codec) {
    case Codec::gzip:
      return gzip_level;
    case Codec::lz4:
      return lz4_level;
    case Codec::zstd:
      return zstd_level;
    default:
      return std::nullopt;
  }
}

TopicSettings effective_settings(const Configs& topic, const Configs& cluster) {
  TopicSettings settings;
  set_known(settings, cluster);
  set_known(settings, topic);
  return settings;
}

std::string effective_value(std::string_view name, const Configs& topic, const Configs& cluster) {
  for (const auto* configs : {&topic, &cluster})
    if (auto found = configs->find(name); found != configs->end()) return found->second;
  const auto index = index_of(name);
  ENSURE(index, "no topic setting {}", name);
  return std::string(kDefinitions[*index].default_value);
}

std::int32_t effective_min_in_sync(const TopicSettings& settings, const Partition& partition) {
  const auto factor =
      static_cast<std::int32_t>(partition.replicas.size() - partition.adding.size());
  return std::max(1, std::min(settings.min_in_sync_replicas, factor));
}

std::string_view to_string(Durability durability) {
  switch (durability) {
    case Durability::replicated:
      return "replicated";
    case Durability::syncing:
      return "syncing";
    case Durability::synced:
      return "synced";
  }
  return "unknown";
}

}  // namespace ropewalk::metadata
