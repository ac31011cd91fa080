// Whose settings somebody asks about: a topic's, what all topics of the cluster have, a broker's.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace ropewalk::service {

enum class ConfigScope : std::uint8_t { topic, cluster, broker };

struct ConfigResource {
  ConfigScope scope = ConfigScope::topic;
  std::string name;  // Of a topic; the number of a broker; "" for the cluster.
  auto operator<=>(const ConfigResource&) const = default;
};

}  // namespace ropewalk::service
