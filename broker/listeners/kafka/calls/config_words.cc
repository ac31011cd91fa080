#include "broker/listeners/kafka/calls/config_words.h"

#include <utility>

namespace ropewalk::kafka {
namespace {

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;

}  // namespace

std::int8_t source_number(service::SettingSource source) {
  switch (source) {
    case service::SettingSource::topic:
      return 1;
    case service::SettingSource::broker_at_once:
      return 2;  // "Dynamic broker config".
    case service::SettingSource::cluster:
      return 3;  // "Dynamic default broker config".
    case service::SettingSource::broker:
      return 4;  // "Static broker config".
    case service::SettingSource::default_value:
      return 5;
  }
  return 0;
}

std::int8_t type_number(settings::SettingType type) {
  switch (type) {
    case settings::SettingType::boolean:
      return 1;
    case settings::SettingType::text:
      return 2;
    case settings::SettingType::int32:
      return 3;
    case settings::SettingType::int64:
      return 5;
    case settings::SettingType::float64:
      return 6;
    case settings::SettingType::list:
      return 7;
  }
  return 0;
}

Result<service::ConfigResource> config_resource(std::int8_t type, std::string name) {
  if (type == kTopicResource)
    return service::ConfigResource{service::ConfigScope::topic, std::move(name)};
  if (type != kBrokerResource)
    return fail(Errc::invalid_request, "only topics and brokers have settings here, not type {}",
                type);
  const auto scope = name.empty() ? service::ConfigScope::cluster : service::ConfigScope::broker;
  return service::ConfigResource{scope, std::move(name)};
}

}  // namespace ropewalk::kafka
