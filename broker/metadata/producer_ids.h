// Ids of producers: blocks come from the controller (AllocateProducerIds), epochs from here.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "common/ids.h"

namespace ropewalk::metadata {

inline constexpr std::int32_t kProducerIdBlock = 1000;

// The epoch after `last` of the same id; none when they are used up: the producer needs a new id.
// The last epoch stays free, for Kafka's fencing.
constexpr std::optional<ProducerEpoch> next_producer_epoch(ProducerEpoch last) {
  if (last.value() >= std::numeric_limits<std::int16_t>::max() - 1) return std::nullopt;
  return last.next();
}

}  // namespace ropewalk::metadata
