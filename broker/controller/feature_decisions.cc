// Levels of features: what the whole cluster has agreed to use.
#include <algorithm>
#include <string>
#include <vector>

#include "broker/controller/controller.h"

namespace ropewalk::controller {
namespace {

using metadata::BrokerRegistration;
using metadata::Image;

bool knows(const BrokerRegistration& broker, const metadata::UpdateFeature& wanted) {
  return std::ranges::any_of(broker.features, [&](const metadata::SupportedFeature& feature) {
    return feature.name == wanted.name && feature.min_level <= wanted.level &&
           wanted.level <= feature.max_level;
  });
}

// Also of those that are away: they come back as they were.
Result<void> check_update(const Image& image, const metadata::UpdateFeature& wanted) {
  const auto now = image.features().find(wanted.name);
  if (now == image.features().end())
    return fail(Errc::feature_update_failed, "there is no feature '{}'", wanted.name);
  if (wanted.level < now->second)
    return fail(Errc::feature_update_failed, "{} is at level {}, and never goes back (to {})",
                wanted.name, now->second, wanted.level);
  std::vector<std::string> without;
  for (const auto& [id, broker] : image.brokers())
    if (!knows(*broker, wanted)) without.push_back(fmt::format("{}", id));
  if (without.empty()) return {};
  return fail(Errc::feature_update_failed,
              "{} level {} is not known to broker {}: replace it by a newer build, or forget it "
              "(`ropewalk cluster unregister`)",
              wanted.name, wanted.level, fmt::join(without, ", "));
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const metadata::UpdateFeature& event, Time) {
  const Image& image = batch.image();
  if (auto checked = check_update(image, event); !checked)
    return {Item(fail(std::move(checked).error()))};
  const bool is_there = image.features().at(event.name) == event.level;
  if (!is_there && !event.validate_only)
    batch.add(metadata::FeatureLevelRecord{event.name, event.level});
  return {Item(metadata::ItemAnswer())};
}

}  // namespace ropewalk::controller
