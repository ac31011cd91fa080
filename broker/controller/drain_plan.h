// How a broker could be emptied: a plan, to be shown first and then asked for as reassignments.
#pragma once

#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/image.h"

namespace ropewalk::controller {

struct DrainPlan {
  std::vector<metadata::Reassignment> moves;
  std::vector<TopicPartition> stuck;  // There is no other broker for a replica of these.
};

// Each replica of the broker goes to one that is alive, not drained and has none yet: of a rack
// that the others are not in, and with the fewest replicas. It has the same place in the order of
// preference.
DrainPlan plan_drain(const metadata::Image& image, BrokerId broker);

}  // namespace ropewalk::controller
