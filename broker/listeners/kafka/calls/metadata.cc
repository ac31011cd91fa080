#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
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

struct Operations {
  bool of_topics = false;
  bool of_cluster = false;
};

MetadataResponse answer_to(Shared& shared, const Exchange& exchange,
                           const service::MetadataRequest& request, Operations with,
                           FirstError& failed) {
  auto metadata = shared.uses.metadata.handle(exchange.context, request);
  MetadataResponse response;
  response.cluster_id = fmt::format("{}", metadata.cluster_id);
  write_brokers(metadata, &MetadataBroker::node_id, response);
  failed.note(metadata.error);
  response.topics.reserve(metadata.topics.size());
  for (service::TopicMetadata& topic : metadata.topics) {
    failed.note(topic.error);
    response.topics.push_back(write_topic(topic, with.of_topics));
  }
  if (with.of_cluster) response.cluster_authorized_operations = kClusterOperations;
  return response;
}

std::optional<KeptMetadata::Key> key_of_all(const Shared& shared, const Exchange& exchange,
                                            Operations with) {
  const auto stamp = shared.uses.metadata.stamp_of_all(exchange.context);
  if (!stamp) return std::nullopt;
  return KeptMetadata::Key{.as_of = *stamp,
                           .version = exchange.version,
                           .topic_operations = with.of_topics,
                           .cluster_operations = with.of_cluster,
                           .reached = exchange.context.caller->local};
}

// Of every frame: its length and the correlation id.
constexpr std::size_t kOwnBytes = 8;

std::vector<env::Chunk> frame_around(std::int32_t correlation_id, const SharedBytes& answer) {
  std::vector<std::byte> own(kOwnBytes);
  store_be(own.data(), static_cast<std::uint32_t>(answer.size() + sizeof correlation_id));
  store_be(own.data() + 4, correlation_id);
  return {SharedBytes(std::move(own)), answer};
}

// The frame has no records, so it is one piece.
SharedBytes behind_own_bytes(const std::vector<env::Chunk>& frame) {
  const auto& all = std::get<SharedBytes>(frame.front());
  return all.slice(kOwnBytes, all.size() - kOwnBytes);
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, MetadataRequest message) {
  const Operations with{.of_topics = message.include_topic_authorized_operations,
                        .of_cluster = message.include_cluster_authorized_operations};
  const auto request = read_metadata(message, exchange.version);
  if (message.allow_auto_topic_creation && !request.all_topics)
    co_await shared.uses.create_missing.handle(exchange.context, request.topics);
  KeptMetadata& kept = shared.kept_metadata[shared.environment.current_core().index()];
  std::optional<KeptMetadata::Key> key;
  if (request.all_topics) key = key_of_all(shared, exchange, with);
  if (key) {
    if (const auto answer = kept.find(*key)) {
      exchange.reply_frame(frame_around(exchange.correlation_id, *answer), nullptr);
      co_return;
    }
  }
  FirstError failed;
  const MetadataResponse response = answer_to(shared, exchange, request, with, failed);
  auto frame = write_frame<MetadataResponse>({.correlation_id = exchange.correlation_id},
                                             exchange.version, response);
  if (!frame) {
    exchange.close(frame.error());
    co_return;
  }
  if (key && failed.get() == nullptr) kept.keep(std::move(*key), behind_own_bytes(*frame));
  exchange.reply_frame(std::move(*frame), failed.get());
}

}  // namespace ropewalk::kafka
