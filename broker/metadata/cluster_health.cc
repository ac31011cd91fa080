#include "broker/metadata/cluster_health.h"

#include "broker/metadata/topic_settings.h"

namespace ropewalk::metadata {
namespace {

void count(const Partition& partition, std::int32_t min_in_sync, PartitionHealth& into) {
  const auto in_sync = static_cast<std::int32_t>(partition.in_sync.size());
  into.partitions++;
  into.without_leader += partition.leader == kNoBroker;
  into.under_replicated += partition.in_sync.size() < partition.replicas.size();
  into.at_min_in_sync += in_sync == min_in_sync;
  into.under_min_in_sync += in_sync < min_in_sync;
  into.reassigning += !partition.adding.empty() || !partition.removing.empty();
}

}  // namespace

ClusterHealth health_of(const Image& image, BrokerId leader) {
  ClusterHealth health;
  image.topics().for_each([&](const TopicId&, const TopicPtr& topic) {
    const TopicSettings settings = effective_settings(image, *topic);
    health.topics++;
    for (const PartitionPtr& partition : topic->partitions) {
      const std::int32_t min_in_sync = effective_min_in_sync(settings, *partition);
      count(*partition, min_in_sync, health.all);
      if (partition->leader == leader) count(*partition, min_in_sync, health.led);
    }
  });
  return health;
}

}  // namespace ropewalk::metadata
