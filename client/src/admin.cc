#include "ropewalk/admin.h"

#include "client/src/ask_and_wait.h"
#include "client/src/offsets.h"
#include "common/wire/errors.h"
#include "ropewalk/v1/cluster.pb.h"
#include "ropewalk/v1/topics.pb.h"

namespace ropewalk {
namespace {

using client::ask_and_wait;

std::string printed_id(const std::string& raw) {
  const auto id = Uuid::from_bytes(raw);
  return id && !id->is_none() ? id->to_base64() : std::string();
}

DescribedPartition from_wire(const v1::PartitionDescription& said) {
  return {.partition = said.partition(),
          .leader = said.leader_id(),
          .leader_epoch = said.leader_epoch(),
          .partition_epoch = said.partition_epoch(),
          .replicas = {said.replicas().begin(), said.replicas().end()},
          .in_sync_replicas = {said.in_sync_replicas().begin(), said.in_sync_replicas().end()},
          .eligible_replicas = {said.eligible_replicas().begin(), said.eligible_replicas().end()},
          .durability = said.durability(),
          .offline_replicas = {said.offline_replicas().begin(), said.offline_replicas().end()},
          .problem = said.problem(),
          .adding_replicas = {said.adding_replicas().begin(), said.adding_replicas().end()},
          .removing_replicas = {said.removing_replicas().begin(), said.removing_replicas().end()}};
}

SettingSource from_wire(v1::SettingSource source) {
  switch (source) {
    case v1::SETTING_TOPIC:
      return SettingSource::topic;
    case v1::SETTING_CLUSTER:
      return SettingSource::cluster;
    case v1::SETTING_BROKER:
      return SettingSource::broker;
    default:
      return SettingSource::default_value;
  }
}

Result<std::vector<DescribedTopic>> from_wire(const v1::DescribeTopicsResponse& response) {
  std::vector<DescribedTopic> topics;
  for (const v1::TopicDescription& said : response.topics()) {
    if (said.has_error())
      return within(fmt::format("topic {}", said.name()), wire::from_proto(said.error()));
    DescribedTopic topic{.name = said.name(),
                         .topic_id = printed_id(said.topic_id()),
                         .replication_factor = said.replication_factor(),
                         .settings = {},
                         .partitions = {}};
    for (const v1::TopicSettingDescription& setting : said.settings())
      topic.settings.push_back({.name = setting.name(),
                                .value = setting.value(),
                                .source = from_wire(setting.source())});
    for (const v1::PartitionDescription& partition : said.partitions())
      topic.partitions.push_back(from_wire(partition));
    topics.push_back(std::move(topic));
  }
  return topics;
}

}  // namespace

Admin::Admin(Client& client) : shell_(client.shell()) {}
Admin::~Admin() = default;

Result<CreatedTopic> Admin::create_topic(const NewTopic& topic) {
  v1::CreateTopicRequest request;
  request.set_name(topic.name);
  request.set_partitions(topic.partitions);
  request.set_replication_factor(topic.replication_factor);
  for (const TopicSetting& setting : topic.settings) {
    v1::TopicSetting* added = request.add_settings();
    added->set_name(setting.name);
    added->set_value(setting.value);
  }
  request.set_validate_only(topic.validate_only);
  TRY(const v1::CreateTopicResponse response,
      ask_and_wait<v1::CreateTopicResponse>(shell_, v1::API_CREATE_TOPIC, !topic.validate_only,
                                            std::move(request)));
  return CreatedTopic{.topic_id = printed_id(response.topic_id()),
                      .partitions = response.partitions(),
                      .replication_factor = response.replication_factor()};
}

Result<void> Admin::delete_topic(const std::string& name) {
  v1::DeleteTopicRequest request;
  request.set_name(name);
  TRY_VOID(ask_and_wait<v1::DeleteTopicResponse>(shell_, v1::API_DELETE_TOPIC, true,
                                                 std::move(request)));
  return {};
}

Result<std::vector<DescribedTopic>> Admin::describe_topics(const std::vector<std::string>& names) {
  v1::DescribeTopicsRequest request;
  for (const std::string& name : names) request.add_names(name);
  TRY(const v1::DescribeTopicsResponse response,
      ask_and_wait<v1::DescribeTopicsResponse>(shell_, v1::API_DESCRIBE_TOPICS, false,
                                               std::move(request)));
  return from_wire(response);
}

Result<void> Admin::set_topic_config(const std::string& name,
                                     const std::vector<TopicSettingChange>& changes) {
  v1::SetTopicConfigRequest request;
  request.set_name(name);
  for (const TopicSettingChange& change : changes) {
    v1::TopicSettingChange* added = request.add_changes();
    added->set_name(change.name);
    if (change.value) added->set_value(*change.value);
  }
  TRY_VOID(ask_and_wait<v1::SetTopicConfigResponse>(shell_, v1::API_SET_TOPIC_CONFIG, true,
                                                    std::move(request)));
  return {};
}

Result<std::vector<DescribedTopic>> Admin::list_topics() {
  v1::DescribeTopicsRequest request;
  request.set_all_topics(true);
  TRY(const v1::DescribeTopicsResponse response,
      ask_and_wait<v1::DescribeTopicsResponse>(shell_, v1::API_DESCRIBE_TOPICS, false,
                                               std::move(request)));
  return from_wire(response);
}

Result<std::vector<OffsetAnswer>> Admin::list_offsets(
    const std::vector<OffsetQuestion>& questions) {
  return shell_->run<std::vector<OffsetAnswer>>([shell = shell_, questions] {
    return client::list_offsets(shell, questions, shell->now() + shell->options().request_timeout);
  });
}

Result<std::vector<DeletedRecords>> Admin::delete_records(
    const std::vector<RecordsToDelete>& wanted) {
  return shell_->run<std::vector<DeletedRecords>>([shell = shell_, wanted] {
    return client::delete_records(shell, wanted, shell->now() + shell->options().request_timeout);
  });
}

Result<ClusterStatus> Admin::cluster_status() {
  TRY(const v1::DescribeClusterResponse response,
      ask_and_wait<v1::DescribeClusterResponse>(shell_, v1::API_DESCRIBE_CLUSTER, false,
                                                v1::DescribeClusterRequest()));
  ClusterStatus status{.cluster_id = printed_id(response.cluster_id()),
                       .controller_id = response.controller_id(),
                       .feature_level = response.feature_level(),
                       .brokers = {},
                       .topics = response.topics(),
                       .partitions = response.partitions(),
                       .without_leader = response.partitions_without_leader(),
                       .under_replicated = response.partitions_under_replicated(),
                       .under_min_in_sync = response.partitions_under_min_in_sync()};
  for (const v1::BrokerMetadata& broker : response.brokers())
    status.brokers.push_back({.broker_id = broker.broker_id(),
                              .host = broker.host(),
                              .port = static_cast<std::uint16_t>(broker.port()),
                              .rack = broker.rack(),
                              .fenced = broker.fenced(),
                              .drained = broker.drained()});
  return status;
}

}  // namespace ropewalk
