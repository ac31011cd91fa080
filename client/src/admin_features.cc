#include "client/src/ask_and_wait.h"
#include "ropewalk/admin.h"
#include "ropewalk/v1/features.pb.h"

namespace ropewalk {
namespace {

ClusterFeature feature_of(const v1::ClusterFeature& said) {
  ClusterFeature feature{
      .name = said.name(), .level = said.level(), .level_max = said.level_max(), .brokers = {}};
  for (const v1::BrokerFeature& broker : said.brokers())
    feature.brokers.push_back({.broker_id = broker.broker_id(),
                               .level_min = broker.level_min(),
                               .level_max = broker.level_max()});
  return feature;
}

}  // namespace

Result<std::vector<ClusterFeature>> Admin::features() {
  TRY(const v1::DescribeFeaturesResponse response,
      client::ask_and_wait<v1::DescribeFeaturesResponse>(shell_, v1::API_DESCRIBE_FEATURES, false,
                                                         v1::DescribeFeaturesRequest()));
  std::vector<ClusterFeature> features;
  for (const v1::ClusterFeature& said : response.features()) features.push_back(feature_of(said));
  return features;
}

Result<void> Admin::update_feature(const std::string& name, std::int32_t level,
                                   bool validate_only) {
  v1::UpdateFeatureRequest request;
  request.set_name(name);
  request.set_level(level);
  request.set_validate_only(validate_only);
  TRY_VOID(client::ask_and_wait<v1::UpdateFeatureResponse>(shell_, v1::API_UPDATE_FEATURE,
                                                           !validate_only, std::move(request)));
  return {};
}

}  // namespace ropewalk
