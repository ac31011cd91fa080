#include <utility>

#include "broker/metadata/record_messages.h"

namespace ropewalk::metadata {
namespace {

using Message = internal::MetadataRecord;

template <class Ids, class Into>
void fill_brokers(const Ids& ids, Into* into) {
  for (const BrokerId id : ids) into->Add(id.value());
}
template <class Into>
void fill_directories(const std::vector<DirectoryId>& ids, Into* into) {
  for (const auto& id : ids) *into->Add() = id.to_bytes();
}

template <class Into>
void fill_ends(const std::vector<ReplicaEnd>& ends, Into* into) {
  for (const ReplicaEnd& end : ends) {
    auto* added = into->Add();
    added->set_last_epoch(end.last_epoch.value());
    added->set_log_end(end.log_end.value());
    added->set_cut(end.cut);
    added->set_damaged(end.damaged);
  }
}

void fill(const FeatureLevelRecord& record, Message& message) {
  auto& to = *message.mutable_feature_level();
  to.set_name(record.name);
  to.set_level(record.level);
}

void fill(const RegisterBrokerRecord& record, Message& message) {
  const BrokerRegistration& broker = record.broker;
  auto& to = *message.mutable_register_broker();
  to.set_id(broker.id.value());
  to.set_incarnation(broker.incarnation.to_bytes());
  to.set_epoch(broker.epoch.value());
  for (const auto& listener : broker.listeners) {
    auto& added = *to.add_listeners();
    added.set_name(listener.name);
    added.set_host(listener.host);
    added.set_port(listener.port);
  }
  to.set_rack(broker.rack);
  fill_directories(broker.directories, to.mutable_directories());
  for (const auto& feature : broker.features) {
    auto& added = *to.add_features();
    added.set_name(feature.name);
    added.set_min_level(feature.min_level);
    added.set_max_level(feature.max_level);
  }
  to.set_fenced(broker.fenced);
  to.set_in_controlled_shutdown(broker.in_controlled_shutdown);
  to.set_names_voters(broker.names_voters);
  to.set_all_directories(broker.all_directories);
}

void fill(const BrokerRegistrationChangeRecord& record, Message& message) {
  auto& to = *message.mutable_broker_registration_change();
  to.set_id(record.id.value());
  to.set_epoch(record.epoch.value());
  if (record.fenced) to.set_fenced(*record.fenced);
  if (record.in_controlled_shutdown) to.set_in_controlled_shutdown(*record.in_controlled_shutdown);
  fill_directories(record.directories, to.mutable_directories());
}

void fill(const UnregisterBrokerRecord& record, Message& message) {
  message.mutable_unregister_broker()->set_id(record.id.value());
  message.mutable_unregister_broker()->set_epoch(record.epoch.value());
}

void fill(const TopicRecord& record, Message& message) {
  message.mutable_topic()->set_name(record.name);
  message.mutable_topic()->set_id(record.id.to_bytes());
}

void fill(const RemoveTopicRecord& record, Message& message) {
  message.mutable_remove_topic()->set_id(record.id.to_bytes());
}

void fill(const PartitionRecord& record, Message& message) {
  const Partition& partition = record.partition;
  auto& to = *message.mutable_partition();
  to.set_topic(record.topic.to_bytes());
  to.set_index(partition.index.value());
  fill_brokers(partition.replicas, to.mutable_replicas());
  fill_directories(partition.directories, to.mutable_directories());
  fill_brokers(partition.in_sync, to.mutable_in_sync());
  fill_brokers(partition.adding, to.mutable_adding());
  fill_brokers(partition.removing, to.mutable_removing());
  to.set_leader(partition.leader.value());
  to.set_leader_epoch(partition.leader_epoch.value());
  to.set_partition_epoch(partition.partition_epoch.value());
  to.set_recovery(static_cast<internal::Recovery>(partition.recovery));
  fill_brokers(partition.eligible, to.mutable_eligible());
  fill_brokers(partition.last_known_eligible, to.mutable_last_known_eligible());
  to.set_durability(static_cast<internal::Durability>(partition.durability));
  to.set_last_unclean_epoch(partition.last_unclean_epoch.value());
  fill_ends(partition.last_known_ends, to.mutable_last_known_ends());
}

void fill(const PartitionChangeRecord& record, Message& message) {
  auto& to = *message.mutable_partition_change();
  to.set_topic(record.topic.to_bytes());
  to.set_index(record.index.value());
  const auto brokers = [](const auto& from, auto into) {
    if (from) fill_brokers(*from, into()->mutable_brokers());
  };
  brokers(record.replicas, [&] { return to.mutable_replicas(); });
  if (record.directories)
    fill_directories(*record.directories, to.mutable_directories()->mutable_directories());
  brokers(record.in_sync, [&] { return to.mutable_in_sync(); });
  brokers(record.adding, [&] { return to.mutable_adding(); });
  brokers(record.removing, [&] { return to.mutable_removing(); });
  if (record.leader) to.set_leader(record.leader->value());
  if (record.recovery) to.set_recovery(static_cast<internal::Recovery>(*record.recovery));
  brokers(record.eligible, [&] { return to.mutable_eligible(); });
  brokers(record.last_known_eligible, [&] { return to.mutable_last_known_eligible(); });
  if (record.durability) to.set_durability(static_cast<internal::Durability>(*record.durability));
  to.set_unclean(record.unclean);
  fill_ends(record.last_known_ends, to.mutable_last_known_ends());
  to.set_unclean_cause(static_cast<internal::UncleanCause>(record.unclean_cause));
}

void fill(const ConfigRecord& record, Message& message) {
  auto& to = *message.mutable_config();
  if (const auto* broker = std::get_if<BrokerId>(&record.scope)) {
    to.set_scope(internal::ConfigRecord::BROKER);
    to.set_broker(broker->value());
  } else if (const auto* topic = std::get_if<TopicId>(&record.scope)) {
    to.set_scope(internal::ConfigRecord::TOPIC);
    to.set_topic(topic->to_bytes());
  } else {
    to.set_scope(internal::ConfigRecord::CLUSTER);
  }
  to.set_key(record.key);
  if (record.value) to.set_value(*record.value);
}

void fill(const ProducerIdsRecord& record, Message& message) {
  auto& to = *message.mutable_producer_ids();
  to.set_next(record.next.value());
  to.set_broker(record.broker.value());
  to.set_broker_epoch(record.broker_epoch.value());
}

void fill(const NoOpRecord&, Message& message) { message.mutable_no_op(); }

}  // namespace

internal::MetadataRecord to_message(const Record& record) {
  Message message;
  message.set_version(kRecordVersion);
  std::visit([&](const auto& kind) { fill(kind, message); }, record);
  return message;
}

}  // namespace ropewalk::metadata
