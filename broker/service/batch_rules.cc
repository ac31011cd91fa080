#include "broker/service/batch_rules.h"

#include <algorithm>
#include <limits>

namespace ropewalk::service {
namespace {

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

}  // namespace

TopicRules topic_rules(const metadata::TopicSettings& settings, const Limits& limits) {
  TopicRules topic;
  topic.rules.limits.batch_bytes_max =
      std::min(limits.batch_bytes_max, static_cast<std::size_t>(settings.max_message_bytes));
  topic.rules.limits.uncompressed_bytes_max = limits.uncompressed_bytes_max;
  topic.rules.codec = settings.compression;
  if (settings.compression) topic.rules.level = settings.level_of(*settings.compression);
  topic.append_time = settings.log_append_time;
  topic.before_max_ms = settings.timestamp_before_max_ms;
  topic.after_max_ms = settings.timestamp_after_max_ms;
  topic.by_the_clock =
      topic.append_time || topic.before_max_ms != kInt64Max || topic.after_max_ms != kInt64Max;
  return topic;
}

BatchRules batch_rules(const TopicRules& topic, env::WallTime now) {
  BatchRules rules = topic.rules;
  const std::int64_t now_ms = now.time_since_epoch().count();
  if (topic.append_time) {  // What the producer says of the time does not count.
    rules.append_time_ms = now_ms;
    return rules;
  }
  if (topic.before_max_ms < now_ms) rules.limits.timestamp_min = now_ms - topic.before_max_ms;
  if (topic.after_max_ms < kInt64Max - now_ms)
    rules.limits.timestamp_max = now_ms + topic.after_max_ms;
  return rules;
}

}  // namespace ropewalk::service
