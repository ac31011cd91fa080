#include "broker/service/features.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/partition_refs.h"
#include "broker/service/propose.h"

namespace ropewalk::service {

// A broker that does not name a feature knows no level of it.
std::vector<ClusterFeature> features_of(const metadata::Image& image) {
  std::vector<ClusterFeature> all;
  for (const auto& [name, level] : image.features()) {
    ClusterFeature& feature = all.emplace_back(ClusterFeature{name, level, 0, {}});
    for (const auto& [id, broker] : image.brokers()) {
      const auto known =
          std::ranges::find(broker->features, name, &metadata::SupportedFeature::name);
      ClusterFeature::OfBroker of{id};
      if (known != broker->features.end()) of = {id, known->min_level, known->max_level};
      feature.level_max =
          feature.brokers.empty() ? of.level_max : std::min(feature.level_max, of.level_max);
      feature.brokers.push_back(of);
    }
    std::ranges::sort(feature.brokers, {}, &ClusterFeature::OfBroker::broker);
  }
  return all;
}

Result<FeaturesResponse> DescribeFeatures::handle(const security::RequestContext& context) const {
  TRY_VOID(may_operate(parts_, context, security::Operation::describe));
  const metadata::Image& image = *parts_.metadata.get();
  return FeaturesResponse{features_of(image), image.offset()};
}

Task<Result<Offset>> UpdateFeature::handle(security::RequestContext context,
                                           metadata::UpdateFeature update) {
  CO_TRY_VOID(may_operate(parts_, context, security::Operation::alter));
  CO_TRY(const Decided decided, co_await propose_one(parts_, std::move(update), context.deadline));
  co_return decided.offset;
}

}  // namespace ropewalk::service
