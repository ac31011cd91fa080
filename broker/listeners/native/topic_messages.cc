#include "broker/listeners/native/topic_messages.h"

#include <cstdint>
#include <limits>
#include <utility>

namespace ropewalk::native {
namespace {

template <class Names, class Ids>
Result<std::vector<service::TopicRef>> read_lists(const Names& names, const Ids& ids, bool all) {
  std::vector<service::TopicRef> topics;
  if (all && (!names.empty() || !ids.empty())) {
    return fail(Errc::invalid_request, "all_topics beside a list of topics");
  }
  topics.reserve(static_cast<std::size_t>(names.size()) + static_cast<std::size_t>(ids.size()));
  for (const auto& name : names) topics.push_back({name, TopicId{}});
  for (const auto& id : ids) {
    TRY(auto topic, topic_ref({}, id));
    topics.push_back(std::move(topic));
  }
  return topics;
}

v1::SettingSource source_of(service::SettingSource source) {
  switch (source) {
    case service::SettingSource::default_value:
      return v1::SETTING_DEFAULT;
    case service::SettingSource::cluster:
      return v1::SETTING_CLUSTER;
    case service::SettingSource::topic:
      return v1::SETTING_TOPIC;
    case service::SettingSource::broker:
    case service::SettingSource::broker_at_once:
      return v1::SETTING_BROKER;
  }
  return v1::SETTING_DEFAULT;
}

void write_partition_description(const service::PartitionMetadata& partition,
                                 v1::PartitionDescription& into) {
  into.set_partition(partition.partition);
  into.set_leader_id(partition.leader.value());
  into.set_leader_epoch(partition.leader_epoch.value());
  into.set_partition_epoch(partition.partition_epoch.value());
  for (const BrokerId id : partition.replicas) into.add_replicas(id.value());
  for (const BrokerId id : partition.in_sync) into.add_in_sync_replicas(id.value());
  for (const BrokerId id : partition.eligible) into.add_eligible_replicas(id.value());
  into.set_durability(partition.durability);
  for (const BrokerId id : partition.offline) into.add_offline_replicas(id.value());
  into.set_problem(partition.problem);
  for (const BrokerId id : partition.adding) into.add_adding_replicas(id.value());
  for (const BrokerId id : partition.removing) into.add_removing_replicas(id.value());
}

}  // namespace

Result<service::TopicRef> read_topic(const std::string& name, const std::string& id) {
  if (name.empty() == id.empty()) {
    return fail(Errc::invalid_request, "a topic goes by its name or its id, one of the two");
  }
  return topic_ref(name, id);
}

Result<std::vector<service::TopicRef>> read_topics(const v1::MetadataRequest& message) {
  return read_lists(message.topic_names(), message.topic_ids(), message.all_topics());
}

Result<service::DescribeTopicsRequest> read_describe_topics(
    const v1::DescribeTopicsRequest& message) {
  service::DescribeTopicsRequest request;
  request.all_topics = message.all_topics();
  TRY(request.topics, read_lists(message.names(), message.topic_ids(), message.all_topics()));
  return request;
}

v1::DescribeTopicsResponse write_describe_topics(const service::DescribeTopicsResponse& response) {
  v1::DescribeTopicsResponse message;
  for (const auto& description : response.topics) {
    v1::TopicDescription& into = *message.add_topics();
    set_error_of(into, description.topic.error);
    into.set_name(description.topic.name);
    if (!description.topic.id.is_none()) into.set_topic_id(description.topic.id.to_bytes());
    into.set_replication_factor(description.replication_factor);
    for (const auto& setting : description.settings) {
      v1::TopicSettingDescription& to = *into.add_settings();
      to.set_name(setting.name);
      to.set_value(setting.value);
      to.set_source(source_of(setting.source));
    }
    for (const auto& partition : description.topic.partitions) {
      write_partition_description(partition, *into.add_partitions());
    }
  }
  return message;
}

service::CreateTopicRequest read_create_topic(const v1::CreateTopicRequest& message) {
  service::CreateTopicRequest request;
  request.name = message.name();
  // 0 is the default; what is below is no number of anything.
  if (message.partitions() != 0) request.partitions = message.partitions();
  if (message.replication_factor() != 0) request.replication_factor = message.replication_factor();
  for (const auto& setting : message.settings()) {
    request.settings.push_back({setting.name(), setting.value()});
  }
  return request;
}

v1::CreateTopicResponse write_create_topic(const service::CreateTopicResponse& response) {
  v1::CreateTopicResponse message;
  if (!response.id.is_none()) message.set_topic_id(response.id.to_bytes());
  message.set_partitions(response.partitions);
  message.set_replication_factor(response.replication_factor);
  return message;
}

Result<service::SetTopicConfigRequest> read_set_topic_config(
    const v1::SetTopicConfigRequest& message) {
  service::SetTopicConfigRequest request;
  TRY(request.topic, read_topic(message.name(), message.topic_id()));
  for (const auto& change : message.changes()) {
    service::SettingChange& into = request.changes.emplace_back();
    into.name = change.name();
    if (change.has_value()) into.value = change.value();
  }
  request.validate_only = message.validate_only();
  return request;
}

Result<service::InitProducerRequest> read_init_producer(const v1::InitProducerIdRequest& message) {
  service::InitProducerRequest request;
  request.transactional_id = message.transactional_id();
  if (message.has_producer_id() != message.has_producer_epoch()) {
    return fail(Errc::invalid_request, "producer_id and producer_epoch go together");
  }
  if (!message.has_producer_id()) return request;
  if (message.producer_id() < 0 || message.producer_epoch() < 0 ||
      message.producer_epoch() > std::numeric_limits<std::int16_t>::max()) {
    return fail(Errc::invalid_request, "producer {} with epoch {}", message.producer_id(),
                message.producer_epoch());
  }
  request.producer = ProducerId(message.producer_id());
  request.epoch = ProducerEpoch(static_cast<std::int16_t>(message.producer_epoch()));
  return request;
}

}  // namespace ropewalk::native
