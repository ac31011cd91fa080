#include "broker/listeners/native/metadata_messages.h"

#include <utility>
#include <vector>

#include "broker/listeners/native/common_messages.h"
#include "broker/listeners/native/topic_messages.h"

namespace ropewalk::native {
namespace {

void write_broker(const service::BrokerMetadata& broker, v1::BrokerMetadata& into) {
  into.set_broker_id(broker.id.value());
  into.set_host(broker.host);
  into.set_port(broker.port);
  into.set_rack(broker.rack);
  into.set_fenced(broker.fenced);
  into.set_drained(broker.drained);
}

void write_partition(const service::PartitionMetadata& partition, v1::PartitionMetadata& into) {
  into.set_partition(partition.partition);
  into.set_leader_id(partition.leader.value());
  into.set_leader_epoch(partition.leader_epoch.value());
  for (const BrokerId id : partition.replicas) into.add_replicas(id.value());
  for (const BrokerId id : partition.in_sync) into.add_in_sync_replicas(id.value());
  for (const BrokerId id : partition.eligible) into.add_eligible_replicas(id.value());
  for (const BrokerId id : partition.offline) into.add_offline_replicas(id.value());
}

}  // namespace

Result<service::MetadataRequest> read_metadata(const v1::MetadataRequest& message) {
  service::MetadataRequest request;
  request.all_topics = message.all_topics();
  TRY(request.topics, read_topics(message));
  return request;
}

v1::MetadataResponse write_metadata(const service::MetadataResponse& response) {
  v1::MetadataResponse message;
  message.set_cluster_id(response.cluster_id.to_bytes());
  message.set_controller_id(response.controller.value());
  message.set_feature_level(response.feature_level);
  for (const auto& broker : response.brokers) write_broker(broker, *message.add_brokers());
  for (const auto& topic : response.topics) {
    v1::TopicMetadata& into = *message.add_topics();
    set_error_of(into, topic.error);
    into.set_name(topic.name);
    if (!topic.id.is_none()) into.set_topic_id(topic.id.to_bytes());
    for (const auto& partition : topic.partitions) {
      write_partition(partition, *into.add_partitions());
    }
  }
  return message;
}

v1::DescribeClusterResponse write_cluster(const service::ClusterStatus& status) {
  v1::DescribeClusterResponse message;
  message.set_cluster_id(status.cluster_id.to_bytes());
  message.set_controller_id(status.controller.value());
  message.set_answering_broker_id(status.answered_by.value());
  message.set_feature_level(status.feature_level);
  message.set_metadata_offset(status.metadata_offset.value());
  for (const auto& broker : status.brokers) write_broker(broker, *message.add_brokers());
  message.set_topics(status.topics);
  message.set_partitions(status.partitions);
  message.set_partitions_without_leader(status.without_leader);
  message.set_partitions_under_replicated(status.under_replicated);
  message.set_partitions_under_min_in_sync(status.under_min_in_sync);
  return message;
}

}  // namespace ropewalk::native
