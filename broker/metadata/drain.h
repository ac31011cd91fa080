// Brokers that operators keep empty: they get no new replicas until that is ended.
//
// It is a setting of the broker in the image, under the broker's number: it survives restarts and
// new disks, and goes when the broker is forgotten.
#pragma once

#include <string_view>

#include "broker/metadata/image.h"

namespace ropewalk::metadata {

inline constexpr std::string_view kDrained = "drained";
inline constexpr std::string_view kIsDrained = "true";  // Its only value.

inline bool is_drained(const Image& image, BrokerId broker) {
  return image.broker_configs(broker).contains(kDrained);
}

}  // namespace ropewalk::metadata
