#include "broker/metadata/record_messages.h"

namespace ropewalk::metadata {
namespace {

using Message = internal::MetadataRecord;

template <class Id>
Result<Id> read_id(const std::string& raw) {
  TRY(const Uuid uuid, Uuid::from_bytes(raw));
  if (uuid.is_none()) return fail(Errc::corrupt, "a metadata record without an id");
  return Id(uuid);
}

template <class Ids>
std::vector<BrokerId> read_brokers(const Ids& from) {
  std::vector<BrokerId> ids;
  for (const std::int32_t id : from) ids.emplace_back(id);
  return ids;
}

template <class Ids>
Result<std::vector<DirectoryId>> read_directories(const Ids& from) {
  std::vector<DirectoryId> ids;
  for (const std::string& raw : from) {
    TRY(const auto id, read_id<DirectoryId>(raw));
    ids.push_back(id);
  }
  return ids;
}

template <class Ends>
std::vector<ReplicaEnd> read_ends(const Ends& from) {
  std::vector<ReplicaEnd> ends;
  for (const auto& end : from)
    ends.push_back(
        {LeaderEpoch(end.last_epoch()), Offset(end.log_end()), end.cut(), end.damaged()});
  return ends;
}

// For people; one that this program does not know is none.
UncleanCause read_cause(internal::UncleanCause from) {
  if (from < internal::TAIL_WAS_CUT || from > internal::WAS_ASKED_FOR) return UncleanCause::none;
  return static_cast<UncleanCause>(from);
}

Result<Durability> read_durability(internal::Durability from) {
  if (from < internal::REPLICATED || from > internal::SYNCED)
    return fail(Errc::unsupported_version, "durability {} is unknown here", static_cast<int>(from));
  return static_cast<Durability>(from);
}
Result<Recovery> read_recovery(internal::Recovery from) {
  if (from < internal::RECOVERED || from > internal::RECOVERING)
    return fail(Errc::unsupported_version, "recovery state {} is unknown here",
                static_cast<int>(from));
  return static_cast<Recovery>(from);
}

Result<Record> read(const internal::RegisterBrokerRecord& from) {
  BrokerRegistration broker;
  broker.id = BrokerId(from.id());
  TRY(broker.incarnation, read_id<IncarnationId>(from.incarnation()));
  broker.epoch = BrokerEpoch(from.epoch());
  for (const auto& listener : from.listeners())
    broker.listeners.push_back(
        {listener.name(), listener.host(), static_cast<std::uint16_t>(listener.port())});
  broker.rack = from.rack();
  TRY(broker.directories, read_directories(from.directories()));
  for (const auto& feature : from.features())
    broker.features.push_back({feature.name(), feature.min_level(), feature.max_level()});
  broker.fenced = from.fenced();
  broker.in_controlled_shutdown = from.in_controlled_shutdown();
  broker.names_voters = from.names_voters();
  broker.all_directories = from.all_directories();
  return RegisterBrokerRecord{std::move(broker)};
}

Result<Record> read(const internal::BrokerRegistrationChangeRecord& from) {
  BrokerRegistrationChangeRecord record;
  record.id = BrokerId(from.id());
  record.epoch = BrokerEpoch(from.epoch());
  if (from.has_fenced()) record.fenced = from.fenced();
  if (from.has_in_controlled_shutdown())
    record.in_controlled_shutdown = from.in_controlled_shutdown();
  TRY(record.directories, read_directories(from.directories()));
  return record;
}

Result<Record> read(const internal::PartitionRecord& from) {
  PartitionRecord record;
  TRY(record.topic, read_id<TopicId>(from.topic()));
  Partition& partition = record.partition;
  partition.index = PartitionId(from.index());
  partition.replicas = read_brokers(from.replicas());
  TRY(partition.directories, read_directories(from.directories()));
  partition.in_sync = read_brokers(from.in_sync());
  partition.adding = read_brokers(from.adding());
  partition.removing = read_brokers(from.removing());
  partition.leader = BrokerId(from.leader());
  partition.leader_epoch = LeaderEpoch(from.leader_epoch());
  partition.partition_epoch = PartitionEpoch(from.partition_epoch());
  TRY(partition.recovery, read_recovery(from.recovery()));
  partition.eligible = read_brokers(from.eligible());
  partition.last_known_eligible = read_brokers(from.last_known_eligible());
  TRY(partition.durability, read_durability(from.durability()));
  partition.last_unclean_epoch = LeaderEpoch(from.last_unclean_epoch());
  partition.last_known_ends = read_ends(from.last_known_ends());
  return record;
}

Result<Record> read(const internal::PartitionChangeRecord& from) {
  PartitionChangeRecord record;
  TRY(record.topic, read_id<TopicId>(from.topic()));
  record.index = PartitionId(from.index());
  if (from.has_replicas()) record.replicas = read_brokers(from.replicas().brokers());
  if (from.has_directories()) {
    TRY(record.directories, read_directories(from.directories().directories()));
  }
  if (from.has_in_sync()) record.in_sync = read_brokers(from.in_sync().brokers());
  if (from.has_adding()) record.adding = read_brokers(from.adding().brokers());
  if (from.has_removing()) record.removing = read_brokers(from.removing().brokers());
  if (from.has_leader()) record.leader = BrokerId(from.leader());
  if (from.recovery() != internal::RECOVERY_UNSPECIFIED) {
    TRY(record.recovery, read_recovery(from.recovery()));
  }
  if (from.has_eligible()) record.eligible = read_brokers(from.eligible().brokers());
  if (from.has_last_known_eligible())
    record.last_known_eligible = read_brokers(from.last_known_eligible().brokers());
  if (from.durability() != internal::DURABILITY_UNSPECIFIED) {
    TRY(record.durability, read_durability(from.durability()));
  }
  record.unclean = from.unclean();
  record.last_known_ends = read_ends(from.last_known_ends());
  record.unclean_cause = read_cause(from.unclean_cause());
  return record;
}

Result<Record> read(const internal::ConfigRecord& from) {
  ConfigRecord record;
  record.key = from.key();
  if (from.has_value()) record.value = from.value();
  switch (from.scope()) {
    case internal::ConfigRecord::CLUSTER:
      record.scope = ClusterScope{};
      return record;
    case internal::ConfigRecord::BROKER:
      record.scope = BrokerId(from.broker());
      return record;
    case internal::ConfigRecord::TOPIC: {
      TRY(record.scope, read_id<TopicId>(from.topic()));
      return record;
    }
    default:
      return fail(Errc::unsupported_version, "scope {} of a setting is unknown here",
                  static_cast<int>(from.scope()));
  }
}

Result<Record> read_topic(const internal::TopicRecord& from) {
  TRY(const auto id, read_id<TopicId>(from.id()));
  return TopicRecord{id, from.name()};
}
Result<Record> read_removal(const internal::RemoveTopicRecord& from) {
  TRY(const auto id, read_id<TopicId>(from.id()));
  return RemoveTopicRecord{id};
}

}  // namespace

Result<Record> from_message(const Message& message) {
  if (message.version() != kRecordVersion)
    return fail(Errc::unsupported_version,
                "a metadata record of kind {} has version {}, this program knows {}",
                static_cast<int>(message.kind_case()), message.version(), kRecordVersion);
  switch (message.kind_case()) {
    case Message::kFeatureLevel:
      return FeatureLevelRecord{message.feature_level().name(), message.feature_level().level()};
    case Message::kRegisterBroker:
      return read(message.register_broker());
    case Message::kBrokerRegistrationChange:
      return read(message.broker_registration_change());
    case Message::kUnregisterBroker:
      return UnregisterBrokerRecord{BrokerId(message.unregister_broker().id()),
                                    BrokerEpoch(message.unregister_broker().epoch())};
    case Message::kTopic:
      return read_topic(message.topic());
    case Message::kRemoveTopic:
      return read_removal(message.remove_topic());
    case Message::kPartition:
      return read(message.partition());
    case Message::kPartitionChange:
      return read(message.partition_change());
    case Message::kConfig:
      return read(message.config());
    case Message::kProducerIds:
      return ProducerIdsRecord{ProducerId(message.producer_ids().next()),
                               BrokerId(message.producer_ids().broker()),
                               BrokerEpoch(message.producer_ids().broker_epoch())};
    case Message::kNoOp:
      return NoOpRecord{};
    case Message::KIND_NOT_SET:
      break;
  }
  return fail(Errc::unsupported_version,
              "a metadata record is of a kind that this program does not know");
}

}  // namespace ropewalk::metadata
