#include "client/cli/features_text.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "client/cli/table.h"

namespace ropewalk::cli {

std::string features_text(const std::vector<ClusterFeature>& features) {
  Table table({"FEATURE", "LEVEL", "ALL KNOW UP TO", "BROKER", "KNOWS"});
  for (const ClusterFeature& feature : features) {
    bool first = true;
    for (const BrokerFeature& broker : feature.brokers) {
      table.add({first ? feature.name : "", first ? fmt::format("{}", feature.level) : "",
                 first ? fmt::format("{}", feature.level_max) : "",
                 fmt::format("{}", broker.broker_id),
                 fmt::format("{} to {}", broker.level_min, broker.level_max)});
      first = false;
    }
  }
  return table.to_string();
}

std::string features_json(const std::vector<ClusterFeature>& features) {
  boost::json::array all;
  for (const ClusterFeature& feature : features) {
    boost::json::array brokers;
    for (const BrokerFeature& broker : feature.brokers)
      brokers.push_back(boost::json::object{{"broker_id", broker.broker_id},
                                            {"level_min", broker.level_min},
                                            {"level_max", broker.level_max}});
    all.push_back(boost::json::object{{"name", feature.name},
                                      {"level", feature.level},
                                      {"level_max", feature.level_max},
                                      {"brokers", std::move(brokers)}});
  }
  return boost::json::serialize(all) + "\n";
}

Result<Upgrade> plan_upgrade(const std::vector<ClusterFeature>& features, const std::string& name,
                             std::optional<std::int32_t> level) {
  const auto found = std::ranges::find(features, name, &ClusterFeature::name);
  if (found == features.end())
    return fail(Errc::not_found, "there is no feature '{}' (`ropewalk cluster features`)", name);
  const Upgrade upgrade{name, found->level,
                        level.value_or(std::max(found->level, found->level_max))};
  if (upgrade.to < upgrade.from)
    return fail(Errc::feature_update_failed, "{} is at level {}, and never goes back", name,
                upgrade.from);
  for (const BrokerFeature& broker : found->brokers)
    if (upgrade.to < broker.level_min || broker.level_max < upgrade.to)
      return fail(Errc::feature_update_failed, "broker {} knows {} levels {} to {}, not {}",
                  broker.broker_id, name, broker.level_min, broker.level_max, upgrade.to);
  return upgrade;
}

std::string upgrade_json(const Upgrade& upgrade) {
  return boost::json::serialize(boost::json::object{
             {"feature", upgrade.feature}, {"from", upgrade.from}, {"to", upgrade.to}}) +
         "\n";
}

}  // namespace ropewalk::cli
