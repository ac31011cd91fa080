// Levels of features as text, and what an upgrade would do. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "ropewalk/features.h"

namespace ropewalk::cli {

std::string features_text(const std::vector<ClusterFeature>& features);
std::string features_json(const std::vector<ClusterFeature>& features);

struct Upgrade {
  std::string feature;
  std::int32_t from = 0;
  std::int32_t to = 0;
};
// `level`: the wanted one; missing: the highest that all brokers know. Errors: not_found (no such
// feature), feature_update_failed (lower than it is; a broker does not know it).
Result<Upgrade> plan_upgrade(const std::vector<ClusterFeature>& features, const std::string& name,
                             std::optional<std::int32_t> level);
std::string upgrade_json(const Upgrade& upgrade);

}  // namespace ropewalk::cli
