// Settings of single brokers that stand in the image, under the broker's number: they hold at once,
// survive restarts and new disks, and go when the broker is forgotten. All else that a broker is
// set to stands in its file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "broker/metadata/image.h"
#include "common/error.h"
#include "common/settings/setting_type.h"

namespace ropewalk::metadata {

// An operator keeps the broker empty: it gets no new replicas until that is ended.
inline constexpr std::string_view kDrained = "drained";
inline constexpr std::string_view kIsDrained = "true";  // Its only value.

struct BrokerSettingDefinition {
  std::string_view name;
  std::string_view accepts;  // For people: "a number from 1 up".
  std::string_view help;
  settings::SettingType type = settings::SettingType::text;
};
std::span<const BrokerSettingDefinition> broker_setting_definitions();

// Null if no broker has such a setting in the image.
const BrokerSettingDefinition* find_broker_setting(std::string_view name);

// Errors: invalid_config, with what would be right.
Result<void> check_broker_setting(std::string_view name, std::string_view value);

inline bool is_drained(const Image& image, BrokerId broker) {
  return image.broker_configs(broker).contains(kDrained);
}

// What the broker's replicas that are not in sync may copy a second, in bytes, all of them
// together; nothing if that is left to the broker's file.
std::optional<std::int64_t> catch_up_rate_of(const Image& image, BrokerId broker);

}  // namespace ropewalk::metadata
