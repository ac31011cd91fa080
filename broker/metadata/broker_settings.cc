#include "broker/metadata/broker_settings.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ropewalk::metadata {
namespace {

// Kafka's names: what its tools set so that a reassignment leaves room for clients.
constexpr std::string_view kFollowerRate = "follower.replication.throttled.rate";

constexpr std::array kDefinitions{
    BrokerSettingDefinition{.name = kDrained,
                            .accepts = kIsDrained,
                            .help = "The broker is drained: it gets no new replicas.",
                            .type = settings::SettingType::boolean},
    BrokerSettingDefinition{
        .name = kFollowerRate,
        .accepts = "a number from 1 up",
        .help = "Bytes a second that the broker's replicas that are not in sync may copy, all of "
                "them together; beats catch_up_rate_max in its file.",
        .type = settings::SettingType::int64},
    BrokerSettingDefinition{.name = "leader.replication.throttled.rate",
                            .accepts = "a number from 1 up",
                            .help = "Changes nothing: who copies holds itself back, by "
                                    "follower.replication.throttled.rate.",
                            .type = settings::SettingType::int64},
    BrokerSettingDefinition{.name = "replica.alter.log.dirs.io.max.bytes.per.second",
                            .accepts = "a number from 1 up",
                            .help = "Changes nothing: replicas do not move between directories.",
                            .type = settings::SettingType::int64},
};

std::optional<std::int64_t> rate_in(std::string_view text) {
  std::int64_t rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc{} || end != text.data() + text.size() || rate < 1) return std::nullopt;
  return rate;
}

}  // namespace

std::span<const BrokerSettingDefinition> broker_setting_definitions() { return kDefinitions; }

const BrokerSettingDefinition* find_broker_setting(std::string_view name) {
  const auto found = std::ranges::find(kDefinitions, name, &BrokerSettingDefinition::name);
  return found == kDefinitions.end() ? nullptr : &*found;
}

Result<void> check_broker_setting(std::string_view name, std::string_view value) {
  const auto* const definition = find_broker_setting(name);
  if (definition == nullptr)
    return fail(Errc::invalid_config, "a broker has no setting {} in the cluster's metadata",
                name.substr(0, 100));
  constexpr std::size_t kBytesMax = 20;  // Of a number.
  if (value.size() > kBytesMax)
    return fail(Errc::invalid_config, "{} has {} bytes: it is {}", name, value.size(),
                definition->accepts);
  if (name == kDrained ? value == kIsDrained : rate_in(value).has_value()) return {};
  return fail(Errc::invalid_config, "{} cannot be \"{}\": it is {}, or not set", name,
              value.substr(0, 100), definition->accepts);
}

std::optional<std::int64_t> catch_up_rate_of(const Image& image, BrokerId broker) {
  const Configs& configs = image.broker_configs(broker);
  const auto rate = configs.find(kFollowerRate);
  return rate == configs.end() ? std::nullopt : rate_in(rate->second);
}

}  // namespace ropewalk::metadata
