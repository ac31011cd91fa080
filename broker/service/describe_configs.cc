#include "broker/service/describe_configs.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/broker_settings.h"
#include "broker/metadata/metadata_view.h"
#include "broker/security/authorizer.h"
#include "broker/service/locate.h"

namespace ropewalk::service {
namespace {

ConfigDescription describe(const metadata::TopicSettingDefinition& definition,
                           const SettingsOf& of) {
  ConfigDescription described;
  described.name = definition.name;
  described.type = definition.type;
  described.help = definition.help;
  described.values = values_of(definition, of);
  described.value = described.values.front().value;
  described.source = described.values.front().source;
  return described;
}

ConfigDescription describe(const settings::ShownSetting& setting) {
  ConfigDescription described;
  described.name = setting.key;
  described.is_read_only = true;
  described.is_secret = setting.is_secret;
  described.type = setting.type;
  described.help = setting.help;
  described.source = setting.is_default ? SettingSource::default_value : SettingSource::broker;
  if (setting.is_secret) return described;
  if (!setting.value.empty()) described.value = setting.value;
  if (!setting.is_default)
    described.values.push_back({setting.key, setting.value, SettingSource::broker});
  described.values.push_back({setting.key, setting.default_value, SettingSource::default_value});
  return described;
}

ConfigDescription describe(const metadata::BrokerSettingDefinition& definition,
                           const std::string& value) {
  ConfigDescription described;
  described.name = definition.name;
  described.value = value;
  described.type = definition.type;
  described.help = definition.help;
  described.source = SettingSource::broker_at_once;
  described.values = {{described.name, value, described.source}};
  return described;
}

void sort_by_name(std::vector<ConfigDescription>& described) {
  std::ranges::sort(described, {}, &ConfigDescription::name);
}

}  // namespace

Result<std::vector<ConfigDescription>> DescribeConfigs::handle(
    const security::RequestContext& context, const ConfigResource& resource) const {
  if (resource.scope == ConfigScope::topic) return describe_topic(context, resource.name);
  TRY_VOID(parts_.authorizer.authorize(context, {.operation = security::Operation::describe,
                                                 .resource_type = security::ResourceType::cluster,
                                                 .resource = {}}));
  if (resource.scope == ConfigScope::broker) return describe_broker(resource.name);
  return describe_cluster();
}

Result<std::vector<ConfigDescription>> DescribeConfigs::describe_topic(
    const security::RequestContext& context, const std::string& name) const {
  const metadata::ImagePtr image = parts_.metadata.get();
  const TopicRef ref{.name = name, .id = {}};
  TRY(const auto* topic, find_topic(parts_, context, *image, ref, security::Operation::describe));
  const SettingsOf of{.topic = topic->configs,
                      .cluster = image->cluster_configs(),
                      .segment_bytes = parts_.segment_bytes};
  std::vector<ConfigDescription> described;
  for (const auto& definition : metadata::topic_setting_definitions())
    if (is_told(definition, of)) described.push_back(describe(definition, of));
  sort_by_name(described);
  return described;
}

std::vector<ConfigDescription> DescribeConfigs::describe_cluster() const {
  const metadata::ImagePtr image = parts_.metadata.get();
  const metadata::Configs no_topic;
  const SettingsOf of{.topic = no_topic,
                      .cluster = image->cluster_configs(),
                      .segment_bytes = parts_.segment_bytes};
  std::vector<ConfigDescription> described;
  for (const auto& definition : metadata::topic_setting_definitions())
    if (of.cluster.contains(definition.name)) described.push_back(describe(definition, of));
  sort_by_name(described);
  return described;
}

Result<std::vector<ConfigDescription>> DescribeConfigs::describe_broker(
    std::string_view name) const {
  if (name != fmt::format("{}", parts_.self))
    return fail(Errc::invalid_request, "broker {} was asked for the settings of broker \"{}\"",
                parts_.self, name.substr(0, 20));
  std::vector<ConfigDescription> described;
  for (const settings::ShownSetting& setting : parts_.settings)
    described.push_back(describe(setting));
  const metadata::ImagePtr image = parts_.metadata.get();
  for (const auto& [key, value] : image->broker_configs(parts_.self))
    if (const auto* const definition = metadata::find_broker_setting(key))
      described.push_back(describe(*definition, value));
  sort_by_name(described);
  return described;
}

}  // namespace ropewalk::service
