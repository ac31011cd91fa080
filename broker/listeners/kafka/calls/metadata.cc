#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/brokers.h"
#include "broker/listeners/kafka/calls/operations.h"
#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

std::vector<std::int32_t> numbers_of(const std::vector<BrokerId>& brokers) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(brokers.size());
  for (const BrokerId broker : brokers) numbers.push_back(broker.value());
  return numbers;
}

service::MetadataRequest read_metadata(MetadataRequest& message, std::int16_t version) {
  service::MetadataRequest request;
  // Version 0 has no null: nothing named is everything.
  request.all_topics = !message.topics || (version == 0 && message.topics->empty());
  if (request.all_topics) return request;
  for (MetadataRequestTopic& topic : *message.topics)
    request.topics.push_back(
        {.name = std::move(topic.name).value_or(""), .id = TopicId(topic.topic_id)});
  return request;
}

MetadataPartition write_partition(const service::PartitionMetadata& partition) {
  const bool led = partition.leader != kNoBroker;
  return {.error_code = code_of(led ? Errc::none : Errc::leader_not_available),
          .partition_index = partition.partition,
          .leader_id = partition.leader.value(),
          .leader_epoch = partition.leader_epoch.value(),
          .replica_nodes = numbers_of(partition.replicas),
          .isr_nodes = numbers_of(partition.in_sync),
          .offline_replicas = numbers_of(partition.offline)};
}

MetadataTopic write_topic(service::TopicMetadata& topic, bool with_operations) {
  MetadataTopic into;
  into.error_code = code_of(topic.error);
  into.name = std::move(topic.name);
  into.topic_id = topic.id;
  for (const auto& partition : topic.partitions)
    into.partitions.push_back(write_partition(partition));
  if (with_operations && topic.error.code == Errc::none)
    into.topic_authorized_operations = kTopicOperations;
  return into;
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, MetadataRequest message) {
  const bool with_topic_operations = message.include_topic_authorized_operations;
  const auto request = read_metadata(message, exchange.version);
  if (message.allow_auto_topic_creation && !request.all_topics)
    co_await shared.uses.create_missing.handle(exchange.context, request.topics);
  auto metadata = shared.uses.metadata.handle(exchange.context, request);
  MetadataResponse response;
  response.cluster_id = fmt::format("{}", metadata.cluster_id);
  write_brokers(metadata, &MetadataBroker::node_id, response);
  FirstError failed;
  failed.note(metadata.error);
  response.topics.reserve(metadata.topics.size());
  for (service::TopicMetadata& topic : metadata.topics) {
    failed.note(topic.error);
    response.topics.push_back(write_topic(topic, with_topic_operations));
  }
  if (message.include_cluster_authorized_operations)
    response.cluster_authorized_operations = kClusterOperations;
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
