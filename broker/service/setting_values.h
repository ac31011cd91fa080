// What holds of a topic's settings, and what else would: the topic's own value, else the cluster's,
// else the default.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/metadata/topic_settings.h"

namespace ropewalk::service {

// `broker`: set nowhere; the value is this broker's own, another broker may have another.
// `broker_at_once`: set for one broker in the image.
enum class SettingSource { default_value, cluster, topic, broker, broker_at_once };

struct SettingDescription {
  std::string name;
  std::string value;  // In force.
  SettingSource source = SettingSource::default_value;
};

// Whose settings are looked at.
struct SettingsOf {
  const metadata::Configs& topic;    // Only what was set.
  const metadata::Configs& cluster;  // Likewise.
  std::int64_t segment_bytes;        // This broker's.
};

// In the order in which they hold; never empty. A broker's own has the name that it has there.
std::vector<SettingDescription> values_of(const metadata::TopicSettingDefinition& definition,
                                          const SettingsOf& of);

// Not so what changes nothing here and nobody has set.
bool is_told(const metadata::TopicSettingDefinition& definition, const SettingsOf& of);

// Of each setting that is told what holds, by name.
std::vector<SettingDescription> values_in_force(const SettingsOf& of);

}  // namespace ropewalk::service
