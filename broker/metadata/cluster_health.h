// How many partitions lack something, as the image has it. Pure.
#pragma once

#include <cstddef>

#include "broker/metadata/image.h"

namespace ropewalk::metadata {

struct PartitionHealth {
  std::size_t partitions = 0;
  std::size_t without_leader = 0;     // Unavailable now.
  std::size_t under_replicated = 0;   // The in-sync set is smaller than the assignment.
  std::size_t at_min_in_sync = 0;     // One more out of sync, and acks=all is refused.
  std::size_t under_min_in_sync = 0;  // acks=all is refused.
  std::size_t reassigning = 0;
};

struct ClusterHealth {
  std::size_t topics = 0;
  PartitionHealth all;
  PartitionHealth led;  // By the broker that was asked about.
};

ClusterHealth health_of(const Image& image, BrokerId leader);

}  // namespace ropewalk::metadata
