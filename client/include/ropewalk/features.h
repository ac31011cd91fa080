// Levels of features: what the whole cluster has agreed to use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk {

struct BrokerFeature {
  std::int32_t broker_id = 0;
  std::int32_t level_min = 0;
  std::int32_t level_max = 0;
};

struct ClusterFeature {
  std::string name;                    // "metadata.version".
  std::int32_t level = 0;              // In use.
  std::int32_t level_max = 0;          // The highest that every registered broker knows.
  std::vector<BrokerFeature> brokers;  // By id; one that is away counts, as it was.
};

}  // namespace ropewalk
