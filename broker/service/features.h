// Use cases: the levels of features, shown and raised.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/image.h"
#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct ClusterFeature {
  std::string name;
  std::int32_t level = 0;      // In use.
  std::int32_t level_max = 0;  // The highest that every registered broker knows.
  struct OfBroker {
    BrokerId broker;
    std::int32_t level_min = 0;
    std::int32_t level_max = 0;
  };
  std::vector<OfBroker> brokers;  // By id.
};
// Pure.
std::vector<ClusterFeature> features_of(const metadata::Image& image);

struct FeaturesResponse {
  std::vector<ClusterFeature> features;
  Offset metadata_offset;
};

class DescribeFeatures {
 public:
  explicit DescribeFeatures(const Parts& parts) : parts_(parts) {}
  // On any data core. Errors: cluster_authorization_failed.
  Result<FeaturesResponse> handle(const security::RequestContext& context) const;

 private:
  const Parts& parts_;
};

class UpdateFeature {
 public:
  explicit UpdateFeature(const Parts& parts) : parts_(parts) {}
  // Errors: cluster_authorization_failed, feature_update_failed, those of ControllerPort.
  Task<Result<Offset>> handle(security::RequestContext context, metadata::UpdateFeature update);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
