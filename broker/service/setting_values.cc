#include "broker/service/setting_values.h"

#include <algorithm>
#include <utility>

namespace ropewalk::service {

std::vector<SettingDescription> values_of(const metadata::TopicSettingDefinition& definition,
                                          const SettingsOf& of) {
  std::vector<SettingDescription> values;
  const auto add = [&](const metadata::Configs& set, SettingSource source) {
    const auto found = set.find(definition.name);
    if (found != set.end()) values.push_back({found->first, found->second, source});
  };
  add(of.topic, SettingSource::topic);
  add(of.cluster, SettingSource::cluster);
  if (definition.brokers_own)  // segment.bytes is the only one.
    values.push_back({"segment_bytes", fmt::format("{}", of.segment_bytes), SettingSource::broker});
  values.push_back({std::string(definition.name), std::string(definition.default_value),
                    SettingSource::default_value});
  return values;
}

bool is_told(const metadata::TopicSettingDefinition& definition, const SettingsOf& of) {
  return definition.has_effect || of.topic.contains(definition.name) ||
         of.cluster.contains(definition.name);
}

std::vector<SettingDescription> values_in_force(const SettingsOf& of) {
  std::vector<SettingDescription> settings;
  for (const metadata::TopicSettingDefinition& known : metadata::topic_setting_definitions()) {
    if (!is_told(known, of)) continue;
    settings.push_back(std::move(values_of(known, of).front()));
    settings.back().name = known.name;
  }
  std::ranges::sort(settings, {}, &SettingDescription::name);
  return settings;
}

}  // namespace ropewalk::service
