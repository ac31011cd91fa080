#include "broker/service/cluster_status.h"

#include "broker/metadata/cluster_health.h"
#include "broker/metadata/metadata_view.h"
#include "broker/security/authorizer.h"
#include "broker/service/describe_image.h"

namespace ropewalk::service {

ClusterStatus DescribeCluster::handle(const security::RequestContext& context) const {
  ClusterStatus status;
  const auto allowed =
      parts_.authorizer.authorize(context, {.operation = security::Operation::describe,
                                            .resource_type = security::ResourceType::cluster,
                                            .resource = {}});
  if (!allowed) {
    status.error = allowed.error();
    return status;
  }
  const metadata::Image& image = *parts_.metadata.get();
  status.cluster_id = parts_.cluster_id;
  status.controller = parts_.controller_id();
  status.answered_by = parts_.self;
  status.feature_level = feature_level_of(image);
  status.metadata_offset = image.offset();
  status.brokers = describe_brokers(parts_, context, image);
  const metadata::ClusterHealth health = metadata::health_of(image, parts_.self);
  status.topics = static_cast<std::int32_t>(health.topics);
  status.partitions = static_cast<std::int32_t>(health.all.partitions);
  status.without_leader = static_cast<std::int32_t>(health.all.without_leader);
  status.under_replicated = static_cast<std::int32_t>(health.all.under_replicated);
  status.under_min_in_sync = static_cast<std::int32_t>(health.all.under_min_in_sync);
  return status;
}

}  // namespace ropewalk::service
