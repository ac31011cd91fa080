#include <cstdint>

#include "broker/metadata/controller_codec.h"
#include "broker/metadata/controller_messages.h"
#include "broker/metadata/voter_messages.h"

namespace ropewalk::metadata {
namespace {

using Request = internal::ControllerRequest;

// Of every kind so far.
constexpr std::int32_t kEventVersion = 1;

template <class Into>
void put_brokers(const Replicas& replicas, Into* into) {
  for (const BrokerId id : replicas) into->Add(id.value());
}
template <class From>
Replicas take_brokers(const From& from) {
  Replicas replicas;
  for (const std::int32_t id : from) replicas.emplace_back(id);
  return replicas;
}

template <class Into>
void put_directories(const std::vector<DirectoryId>& ids, Into* into) {
  for (const DirectoryId& id : ids) *into->Add() = id.to_bytes();
}
template <class From>
Result<std::vector<DirectoryId>> take_directories(const From& from) {
  std::vector<DirectoryId> ids;
  for (const std::string& raw : from) {
    TRY(const auto id, take_id<DirectoryId>(raw));
    ids.push_back(id);
  }
  return ids;
}

void put_replica(const TopicPartition& id, internal::ReplicaId& to) {
  to.set_topic(id.topic.to_bytes());
  to.set_partition(id.partition);
}
Result<TopicPartition> take_replica(const internal::ReplicaId& from) {
  TRY(const auto topic, take_id<TopicId>(from.topic()));
  return TopicPartition{topic, from.partition()};
}
template <class From>
Result<std::vector<TopicPartition>> take_replicas(const From& from) {
  std::vector<TopicPartition> ids;
  for (const auto& replica : from) {
    TRY(const auto id, take_replica(replica));
    ids.push_back(id);
  }
  return ids;
}

void put_topic_ref(const TopicRef& topic, internal::TopicRef& to) {
  if (!topic.id.is_none()) to.set_id(topic.id.to_bytes());
  to.set_name(topic.name);
}
Result<TopicRef> take_topic_ref(const internal::TopicRef& from) {
  TRY(const auto id, take_id<TopicId>(from.id()));
  return TopicRef{id, from.name()};
}

void put_target(const ConfigTarget& target, internal::ConfigTarget& to) {
  if (const auto* broker = std::get_if<BrokerId>(&target))
    to.set_broker(broker->value());
  else if (const auto* topic = std::get_if<TopicRef>(&target))
    put_topic_ref(*topic, *to.mutable_topic());
  else
    to.mutable_cluster();
}
Result<ConfigTarget> take_target(const internal::ConfigTarget& from) {
  switch (from.target_case()) {
    case internal::ConfigTarget::kCluster:
      return ClusterScope{};
    case internal::ConfigTarget::kBroker:
      return BrokerId(from.broker());
    case internal::ConfigTarget::kTopic: {
      TRY(auto topic, take_topic_ref(from.topic()));
      return topic;
    }
    case internal::ConfigTarget::TARGET_NOT_SET:
      break;
  }
  return fail(Errc::malformed_frame, "a setting of nobody");
}

internal::ConfigChange::Edit edit_message(ConfigEdit edit) {
  switch (edit) {
    case ConfigEdit::set:
      return internal::ConfigChange::SET;
    case ConfigEdit::append:
      return internal::ConfigChange::APPEND;
    case ConfigEdit::subtract:
      return internal::ConfigChange::SUBTRACT;
  }
  return internal::ConfigChange::EDIT_UNSPECIFIED;
}
Result<ConfigEdit> take_edit(internal::ConfigChange::Edit from) {
  switch (from) {
    case internal::ConfigChange::SET:
      return ConfigEdit::set;
    case internal::ConfigChange::APPEND:
      return ConfigEdit::append;
    case internal::ConfigChange::SUBTRACT:
      return ConfigEdit::subtract;
    default:
      return fail(Errc::unsupported_version, "an edit of a setting of kind {} is unknown here",
                  static_cast<int>(from));
  }
}

void put_event(const RegisterBroker& event, Request& request) {
  auto& to = *request.mutable_register_broker();
  const BrokerRegistration& broker = event.broker;
  to.set_cluster(event.cluster.to_bytes());
  to.set_id(broker.id.value());
  to.set_incarnation(broker.incarnation.to_bytes());
  for (const BrokerListener& listener : broker.listeners) {
    auto& added = *to.add_listeners();
    added.set_name(listener.name);
    added.set_host(listener.host);
    added.set_port(listener.port);
  }
  to.set_rack(broker.rack);
  put_directories(broker.directories, to.mutable_directories());
  for (const SupportedFeature& feature : broker.features) {
    auto& added = *to.add_features();
    added.set_name(feature.name);
    added.set_min_level(feature.min_level);
    added.set_max_level(feature.max_level);
  }
  to.set_names_voters(broker.names_voters);
  to.set_all_directories(broker.all_directories);
  if (event.clean_stop_epoch) to.set_clean_stop_epoch(event.clean_stop_epoch->value());
  for (const TopicPartition& id : event.cut) put_replica(id, *to.add_cut());
  for (const TopicPartition& id : event.damaged) put_replica(id, *to.add_damaged());
  for (const ReplicaLogEnd& end : event.ends) {
    auto& added = *to.add_ends();
    put_replica(end.partition, *added.mutable_replica());
    added.set_last_epoch(end.last_epoch.value());
    added.set_log_end(end.log_end.value());
  }
}
Result<ControllerEvent> take_event(const internal::RegisterBroker& from) {
  RegisterBroker event;
  BrokerRegistration& broker = event.broker;
  TRY(event.cluster, take_id<ClusterId>(from.cluster()));
  broker.id = BrokerId(from.id());
  TRY(broker.incarnation, take_id<IncarnationId>(from.incarnation()));
  for (const auto& listener : from.listeners()) {
    if (listener.port() > std::numeric_limits<std::uint16_t>::max())
      return fail(Errc::malformed_frame, "a listener at port {}", listener.port());
    broker.listeners.push_back(
        {listener.name(), listener.host(), static_cast<std::uint16_t>(listener.port())});
  }
  broker.rack = from.rack();
  TRY(broker.directories, take_directories(from.directories()));
  for (const auto& feature : from.features())
    broker.features.push_back({feature.name(), feature.min_level(), feature.max_level()});
  broker.names_voters = from.names_voters();
  broker.all_directories = from.all_directories();
  if (from.has_clean_stop_epoch()) event.clean_stop_epoch = BrokerEpoch(from.clean_stop_epoch());
  TRY(event.cut, take_replicas(from.cut()));
  TRY(event.damaged, take_replicas(from.damaged()));
  for (const auto& end : from.ends()) {
    TRY(const auto replica, take_replica(end.replica()));
    event.ends.push_back({replica, LeaderEpoch(end.last_epoch()), Offset(end.log_end())});
  }
  return event;
}

void put_event(const BrokerHeartbeat& event, Request& request) {
  auto& to = *request.mutable_broker_heartbeat();
  to.set_broker(event.broker.value());
  to.set_epoch(event.epoch.value());
  to.set_applied(event.applied.value());
  to.set_wants_fence(event.wants_fence);
  to.set_wants_shutdown(event.wants_shutdown);
  put_directories(event.failed_directories, to.mutable_failed_directories());
}
Result<ControllerEvent> take_event(const internal::BrokerHeartbeat& from) {
  BrokerHeartbeat event;
  event.broker = BrokerId(from.broker());
  event.epoch = BrokerEpoch(from.epoch());
  event.applied = Offset(from.applied());
  event.wants_fence = from.wants_fence();
  event.wants_shutdown = from.wants_shutdown();
  TRY(event.failed_directories, take_directories(from.failed_directories()));
  return event;
}

void put_event(const CreateTopics& event, Request& request) {
  auto& to = *request.mutable_create_topics();
  to.set_validate_only(event.validate_only);
  for (const NewTopic& topic : event.topics) {
    auto& added = *to.add_topics();
    added.set_name(topic.name);
    added.set_partitions(topic.partitions);
    added.set_replication_factor(topic.replication_factor);
    put_settings(topic.configs, added.mutable_configs());
    for (const ReplicaAssignment& assignment : topic.assignments) {
      auto& placed = *added.add_assignments();
      placed.set_partition(assignment.partition);
      put_brokers(assignment.replicas, placed.mutable_replicas());
    }
  }
}
Result<ControllerEvent> take_event(const internal::CreateTopics& from) {
  CreateTopics event;
  event.validate_only = from.validate_only();
  for (const auto& topic : from.topics()) {
    NewTopic& added = event.topics.emplace_back();
    added.name = topic.name();
    added.partitions = topic.partitions();
    added.replication_factor = topic.replication_factor();
    added.configs = take_settings(topic.configs());
    for (const auto& assignment : topic.assignments())
      added.assignments.push_back({assignment.partition(), take_brokers(assignment.replicas())});
  }
  return event;
}

void put_event(const DeleteTopics& event, Request& request) {
  auto& to = *request.mutable_delete_topics();
  for (const TopicRef& topic : event.topics) put_topic_ref(topic, *to.add_topics());
}
Result<ControllerEvent> take_event(const internal::DeleteTopics& from) {
  DeleteTopics event;
  for (const auto& topic : from.topics()) {
    TRY(auto ref, take_topic_ref(topic));
    event.topics.push_back(std::move(ref));
  }
  return event;
}

void put_event(const CreatePartitions& event, Request& request) {
  auto& to = *request.mutable_create_partitions();
  to.set_validate_only(event.validate_only);
  for (const NewPartitions& topic : event.topics) {
    auto& added = *to.add_topics();
    put_topic_ref(topic.topic, *added.mutable_topic());
    added.set_total(topic.total);
    if (!topic.assignments) continue;
    auto& assignments = *added.mutable_assignments();
    for (const Replicas& replicas : *topic.assignments)
      put_brokers(replicas, assignments.add_replicas()->mutable_brokers());
  }
}
Result<ControllerEvent> take_event(const internal::CreatePartitions& from) {
  CreatePartitions event;
  event.validate_only = from.validate_only();
  for (const auto& topic : from.topics()) {
    NewPartitions& added = event.topics.emplace_back();
    TRY(added.topic, take_topic_ref(topic.topic()));
    added.total = topic.total();
    if (!topic.has_assignments()) continue;
    added.assignments.emplace();
    for (const auto& replicas : topic.assignments().replicas())
      added.assignments->push_back(take_brokers(replicas.brokers()));
  }
  return event;
}

void put_event(const SetConfigs& event, Request& request) {
  auto& to = *request.mutable_set_configs();
  to.set_validate_only(event.validate_only);
  for (const ConfigChange& change : event.changes) {
    auto& added = *to.add_changes();
    put_target(change.scope, *added.mutable_scope());
    added.set_key(change.key);
    if (change.value) added.set_value(*change.value);
    added.set_edit(edit_message(change.edit));
  }
  for (const ConfigTarget& target : event.replaced) put_target(target, *to.add_replaced());
}
Result<ControllerEvent> take_event(const internal::SetConfigs& from) {
  SetConfigs event;
  event.validate_only = from.validate_only();
  for (const auto& change : from.changes()) {
    ConfigChange added;
    TRY(added.scope, take_target(change.scope()));
    added.key = change.key();
    if (change.has_value()) added.value = change.value();
    TRY(added.edit, take_edit(change.edit()));
    event.changes.push_back(std::move(added));
  }
  for (const auto& target : from.replaced()) {
    TRY(auto replaced, take_target(target));
    event.replaced.push_back(std::move(replaced));
  }
  return event;
}

void put_event(const AllocateProducerIds& event, Request& request) {
  auto& to = *request.mutable_allocate_producer_ids();
  to.set_broker(event.broker.value());
  to.set_epoch(event.epoch.value());
}
Result<ControllerEvent> take_event(const internal::AllocateProducerIds& from) {
  return AllocateProducerIds{BrokerId(from.broker()), BrokerEpoch(from.epoch())};
}

void put_event(const ReportSynced& event, Request& request) {
  auto& to = *request.mutable_report_synced();
  to.set_broker(event.broker.value());
  to.set_epoch(event.epoch.value());
  put_replica(event.partition, *to.mutable_partition());
  to.set_leader_epoch(event.leader_epoch.value());
}
Result<ControllerEvent> take_event(const internal::ReportSynced& from) {
  ReportSynced event;
  event.broker = BrokerId(from.broker());
  event.epoch = BrokerEpoch(from.epoch());
  TRY(event.partition, take_replica(from.partition()));
  event.leader_epoch = LeaderEpoch(from.leader_epoch());
  return event;
}

void put_event(const AlterInSync& event, Request& request) {
  auto& to = *request.mutable_alter_in_sync();
  to.set_broker(event.broker.value());
  to.set_epoch(event.epoch.value());
  for (const InSyncChange& change : event.partitions) {
    auto& added = *to.add_partitions();
    put_replica(change.partition, *added.mutable_partition());
    added.set_leader_epoch(change.leader_epoch.value());
    added.set_partition_epoch(change.partition_epoch.value());
    added.set_recovering(change.recovery == Recovery::recovering);
    for (const InSyncMember& member : change.in_sync) {
      auto& in = *added.add_in_sync();
      in.set_broker(member.broker.value());
      in.set_incarnation(member.incarnation.to_bytes());
    }
  }
}
Result<InSyncChange> take_change(const internal::InSyncChange& from) {
  InSyncChange change;
  TRY(change.partition, take_replica(from.partition()));
  change.leader_epoch = LeaderEpoch(from.leader_epoch());
  change.partition_epoch = PartitionEpoch(from.partition_epoch());
  change.recovery = from.recovering() ? Recovery::recovering : Recovery::recovered;
  for (const auto& member : from.in_sync()) {
    TRY(const auto incarnation, take_id<IncarnationId>(member.incarnation()));
    change.in_sync.push_back({BrokerId(member.broker()), incarnation});
  }
  return change;
}
Result<ControllerEvent> take_event(const internal::AlterInSync& from) {
  AlterInSync event;
  event.broker = BrokerId(from.broker());
  event.epoch = BrokerEpoch(from.epoch());
  for (const auto& partition : from.partitions()) {
    TRY(auto change, take_change(partition));
    event.partitions.push_back(std::move(change));
  }
  return event;
}

void put_event(const ReportDamaged& event, Request& request) {
  auto& to = *request.mutable_report_damaged();
  to.set_broker(event.broker.value());
  to.set_epoch(event.epoch.value());
  for (const TopicPartition& id : event.partitions) put_replica(id, *to.add_partitions());
}
Result<ControllerEvent> take_event(const internal::ReportDamaged& from) {
  TRY(auto partitions, take_replicas(from.partitions()));
  return ReportDamaged{BrokerId(from.broker()), BrokerEpoch(from.epoch()), std::move(partitions)};
}

void put_event(const ElectLeaders& event, Request& request) {
  auto& to = *request.mutable_elect_leaders();
  to.set_kind(event.kind == ElectionKind::preferred ? internal::ElectLeaders::PREFERRED
                                                    : internal::ElectLeaders::UNCLEAN);
  for (const TopicPartition& id : event.partitions) put_replica(id, *to.add_partitions());
}
Result<ControllerEvent> take_event(const internal::ElectLeaders& from) {
  const auto kind = from.kind();
  if (kind != internal::ElectLeaders::PREFERRED && kind != internal::ElectLeaders::UNCLEAN)
    return fail(Errc::unsupported_version, "an election of kind {} is unknown here",
                static_cast<int>(kind));
  TRY(auto partitions, take_replicas(from.partitions()));
  return ElectLeaders{
      kind == internal::ElectLeaders::PREFERRED ? ElectionKind::preferred : ElectionKind::unclean,
      std::move(partitions)};
}

void put_event(const AlterReassignments& event, Request& request) {
  auto& to = *request.mutable_alter_reassignments();
  for (const Reassignment& each : event.partitions) {
    auto& added = *to.add_partitions();
    put_replica(each.partition, *added.mutable_partition());
    if (each.replicas) put_brokers(*each.replicas, added.mutable_replicas()->mutable_brokers());
  }
}
Result<ControllerEvent> take_event(const internal::AlterReassignments& from) {
  AlterReassignments event;
  for (const auto& each : from.partitions()) {
    TRY(const auto partition, take_replica(each.partition()));
    Reassignment& added = event.partitions.emplace_back(Reassignment{partition, std::nullopt});
    if (each.has_replicas()) added.replicas = take_brokers(each.replicas().brokers());
  }
  return event;
}

void put_event(const UnregisterBroker& event, Request& request) {
  request.mutable_unregister_broker()->set_broker(event.broker.value());
}
Result<ControllerEvent> take_event(const internal::UnregisterBroker& from) {
  return UnregisterBroker{BrokerId(from.broker())};
}

void put_event(const ChangeVoters& event, Request& request) {
  *request.mutable_change_voters() = message_of(event);
}
void put_event(const DescribeVoters&, Request& request) { request.mutable_describe_voters(); }

void put_event(const UpdateFeature& event, Request& request) {
  auto& to = *request.mutable_update_feature();
  to.set_name(event.name);
  to.set_level(event.level);
  to.set_validate_only(event.validate_only);
}
Result<ControllerEvent> take_event(const internal::UpdateFeature& from) {
  return UpdateFeature{from.name(), from.level(), from.validate_only()};
}

}  // namespace

SharedBytes encode_event(const ControllerEvent& event) {
  Request request;
  request.set_version(kEventVersion);
  std::visit([&request](const auto& kind) { put_event(kind, request); }, event);
  return SharedBytes(request.SerializeAsString());
}

Result<ControllerEvent> decode_event(std::string_view bytes) {
  TRY(const auto request, parse_controller_message<Request>(bytes));
  if (request.version() != kEventVersion)
    return fail(Errc::unsupported_version,
                "an event of kind {} has version {}, this controller knows {}",
                static_cast<int>(request.event_case()), request.version(), kEventVersion);
  switch (request.event_case()) {
    case Request::kRegisterBroker:
      return take_event(request.register_broker());
    case Request::kBrokerHeartbeat:
      return take_event(request.broker_heartbeat());
    case Request::kCreateTopics:
      return take_event(request.create_topics());
    case Request::kDeleteTopics:
      return take_event(request.delete_topics());
    case Request::kCreatePartitions:
      return take_event(request.create_partitions());
    case Request::kSetConfigs:
      return take_event(request.set_configs());
    case Request::kAllocateProducerIds:
      return take_event(request.allocate_producer_ids());
    case Request::kReportSynced:
      return take_event(request.report_synced());
    case Request::kAlterInSync:
      return take_event(request.alter_in_sync());
    case Request::kReportDamaged:
      return take_event(request.report_damaged());
    case Request::kElectLeaders:
      return take_event(request.elect_leaders());
    case Request::kAlterReassignments:
      return take_event(request.alter_reassignments());
    case Request::kUnregisterBroker:
      return take_event(request.unregister_broker());
    case Request::kChangeVoters:
      return voters_change_of(request.change_voters());
    case Request::kDescribeVoters:
      return DescribeVoters{};
    case Request::kUpdateFeature:
      return take_event(request.update_feature());
    case Request::EVENT_NOT_SET:
      break;
  }
  return fail(Errc::unsupported_version, "an event of a kind that this controller does not know");
}

}  // namespace ropewalk::metadata
