#include "broker/service/cluster_status.h"

#include "broker/metadata/metadata_view.h"
#include "broker/metadata/topic_settings.h"
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
  image.topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
    const metadata::TopicSettings settings = metadata::effective_settings(image, *topic);
    status.topics++;
    for (const metadata::PartitionPtr& partition : topic->partitions) {
      const auto in_sync = static_cast<std::int32_t>(partition->in_sync.size());
      status.partitions++;
      status.without_leader += partition->leader == kNoBroker;
      status.under_replicated += partition->in_sync.size() < partition->replicas.size();
      status.under_min_in_sync += in_sync < metadata::effective_min_in_sync(settings, *partition);
    }
  });
  return status;
}

}  // namespace ropewalk::service
