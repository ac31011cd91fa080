// What anybody may ask of the one active controller, and the way there.
//
// A caller hands in an event and gets an answer once everything that it was decided on is committed
// and applied by the controller (M5, M6). Whether the controller is here or elsewhere is the same
// to it. Events that concern several things carry a list; the answer has one result for each, in
// the same order.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/metadata/records.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::metadata {

// Where the log of a replica ends, as recovery found it.
struct ReplicaLogEnd {
  TopicPartition partition;
  LeaderEpoch last_epoch = kNoLeaderEpoch;  // Of the last batch; none in an empty log.
  Offset log_end{0};
  bool operator==(const ReplicaLogEnd&) const = default;
};

// A broker starts a life (metadata-quorum.md, 6.1; R13). Item: BrokerRegistered.
struct RegisterBroker {
  ClusterId cluster;
  BrokerRegistration broker;  // epoch, fenced and in_controlled_shutdown are the controller's.
  // From the clean-stop marker of the last life; absent after an unclean end.
  std::optional<BrokerEpoch> clean_stop_epoch;
  std::vector<TopicPartition> cut;       // Replicas whose recovery cut a tail.
  std::vector<TopicPartition> damaged;   // Replicas that are damaged or gone (R12).
  std::vector<ReplicaLogEnd> ends = {};  // Of all that are not damaged (R7).
  bool operator==(const RegisterBroker&) const = default;
};

// Keeps the session, and asks to be let in once `applied` has reached the own registration.
// Item: HeartbeatState.
struct BrokerHeartbeat {
  BrokerId broker;
  BrokerEpoch epoch;
  Offset applied;  // Of the metadata log.
  bool wants_fence = false;
  bool wants_shutdown = false;
  std::vector<DirectoryId> failed_directories = {};  // Of this life, all of them.
  bool operator==(const BrokerHeartbeat&) const = default;
};

// Who holds a partition, in order of preference.
using Replicas = std::vector<BrokerId>;
struct ReplicaAssignment {
  std::int32_t partition = 0;
  Replicas replicas;
  bool operator==(const ReplicaAssignment&) const = default;
};
struct NewTopic {
  std::string name;
  std::int32_t partitions = -1;          // -1: the default.
  std::int32_t replication_factor = -1;  // -1: the default.
  std::vector<std::pair<std::string, std::string>> configs;
  // Empty: the controller places them. Else all partitions, and both numbers above are -1.
  std::vector<ReplicaAssignment> assignments = {};
  bool operator==(const NewTopic&) const = default;
};
// Items: TopicCreated.
struct CreateTopics {
  std::vector<NewTopic> topics;
  bool validate_only = false;  // Decide and answer, but change nothing.
  bool operator==(const CreateTopics&) const = default;
};

// One of both: by id, else by name.
struct TopicRef {
  TopicId id;
  std::string name;
  bool operator==(const TopicRef&) const = default;
};
// Items: nothing.
struct DeleteTopics {
  std::vector<TopicRef> topics;
  bool operator==(const DeleteTopics&) const = default;
};

struct NewPartitions {
  TopicRef topic;
  std::int32_t total = 0;  // With those that are there.
  // One for each that is new; nothing: the controller places them.
  std::optional<std::vector<Replicas>> assignments = {};
  bool operator==(const NewPartitions&) const = default;
};
// Items: nothing.
struct CreatePartitions {
  std::vector<NewPartitions> topics;
  bool validate_only = false;
  bool operator==(const CreatePartitions&) const = default;
};

// A topic may be meant by its name.
using ConfigTarget = std::variant<ClusterScope, BrokerId, TopicRef>;
// The latter two are for lists: `value` is added to what holds, or taken out of it.
enum class ConfigEdit : std::uint8_t { set, append, subtract };
struct ConfigChange {
  ConfigTarget scope;
  std::string key;
  std::optional<std::string> value;  // Absent: back to the default.
  ConfigEdit edit = ConfigEdit::set;
  bool operator==(const ConfigChange&) const = default;
};
// Of each scope all or none: nothing of it changes where one is refused. Items, first of
// `replaced`, then of `changes`: nothing, or what is wrong with it.
struct SetConfigs {
  std::vector<ConfigChange> changes;
  bool validate_only = false;
  // What else these have set goes back to the default.
  std::vector<ConfigTarget> replaced = {};
  bool operator==(const SetConfigs&) const = default;
};

// A block of producer ids for a broker to give away. Item: ProducerIdBlock.
struct AllocateProducerIds {
  BrokerId broker;
  BrokerEpoch epoch;
  bool operator==(const AllocateProducerIds&) const = default;
};

// A leader reports that all in-sync logs of its `syncing` partition are synced whole. Item:
// nothing.
struct ReportSynced {
  BrokerId broker;
  BrokerEpoch epoch;
  TopicPartition partition;
  LeaderEpoch leader_epoch;
  bool operator==(const ReportSynced&) const = default;
};

// One replica in the life in which its leader saw it.
struct InSyncMember {
  BrokerId broker;
  IncarnationId incarnation;
  auto operator<=>(const InSyncMember&) const = default;
};
// The in-sync set of one partition as its leader wants it. The set as it is, asked for under the
// partition epoch that it has, withdraws what was asked for before: every older copy is stale then.
struct InSyncChange {
  TopicPartition partition;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;           // What the leader decided on.
  std::vector<InSyncMember> in_sync;        // With the leader.
  Recovery recovery = Recovery::recovered;  // Of the leader; one that recovers is alone.
  bool operator==(const InSyncChange&) const = default;
};
// R6; metadata-quorum.md, 6.5. Items: nothing. Errors of an item: not_controller (the leader knows
// more of the metadata log than the controller does), fenced_leader_epoch, invalid_update_version,
// invalid_request (not the leader, no replica), ineligible_replica, unknown_topic_or_partition; of
// all items: stale_broker_epoch.
struct AlterInSync {
  BrokerId broker;
  BrokerEpoch epoch;
  std::vector<InSyncChange> partitions;
  bool operator==(const AlterInSync&) const = default;
};

// Replicas of this broker turned out damaged, or their logs failed, while it runs (R11, R12): they
// are out of the in-sync and the eligible sets, and others lead, once this is answered without an
// error. Saying it again changes nothing; nor does it where there is no other replica. Items:
// nothing. Errors of an item: unknown_topic_or_partition, invalid_request (no replica of it); of
// all items: stale_broker_epoch.
struct ReportDamaged {
  BrokerId broker;
  BrokerEpoch epoch;
  std::vector<TopicPartition> partitions;
  bool operator==(const ReportDamaged&) const = default;
};

// The operator wants other leaders (R7). `preferred`: the first replica of each, if it is in sync.
// `unclean`: whoever is there where nobody may lead, however little it has. Items: nothing. Errors
// of an item: unknown_topic_or_partition, election_not_needed, preferred_leader_not_available,
// eligible_leaders_not_available.
enum class ElectionKind : std::uint8_t { preferred, unclean };
struct ElectLeaders {
  ElectionKind kind = ElectionKind::preferred;
  std::vector<TopicPartition> partitions;
  bool operator==(const ElectLeaders&) const = default;
};

// Other replicas for a partition, in order of preference; nothing: what was asked for before is
// called off, and the replicas are as they were.
struct Reassignment {
  TopicPartition partition;
  std::optional<Replicas> replicas;
  bool operator==(const Reassignment&) const = default;
};
// metadata-quorum.md, 6.11: new ones are added, catch up, and then the others go. Items: nothing;
// the partition's `adding` and `removing` show how far it is. Errors of an item:
// unknown_topic_or_partition, invalid_replica_assignment (also: what is called off would leave
// nobody in sync), no_reassignment_in_progress, policy_violation (a broker would hold too many).
struct AlterReassignments {
  std::vector<Reassignment> partitions;
  bool operator==(const AlterReassignments&) const = default;
};

// A broker that will not come back is forgotten. Item: nothing. Errors: broker_id_not_registered,
// not_empty (it has replicas still), policy_violation (it lives, or votes on the metadata).
struct UnregisterBroker {
  BrokerId broker;
  bool operator==(const UnregisterBroker&) const = default;
};

// A replica of the metadata log: of a broker, under one directory; none of that: whichever it has.
struct VoterName {
  BrokerId broker;
  DirectoryId directory;
  bool operator==(const VoterName&) const = default;
};
// Who votes on the metadata (metadata-quorum.md, 1): one goes, one comes, or one in the place of
// another. This is not decided by records: the voters are an entry of the log of their own. Item:
// nothing. Errors: not_found (no such voter, or nobody who follows the log so),
// already_exists (it votes), policy_violation (voters without `quorum_voters`, too many, or too few
// left that live), not_enough_replicas (has not caught up), invalid_request.
struct ChangeVoters {
  std::optional<VoterName> remove;
  std::optional<VoterName> add;
  bool operator==(const ChangeVoters&) const = default;
};
// Item: QuorumState. Told at once: it is about the log and does not come out of it.
struct DescribeVoters {
  bool operator==(const DescribeVoters&) const = default;
};

// What a newer level of a feature allows is used from now on; there is no way back. Item: nothing.
// Errors: feature_update_failed (no such feature, lower than it is, a registered broker does not
// know it).
struct UpdateFeature {
  std::string name;
  std::int32_t level = 0;
  bool validate_only = false;
  bool operator==(const UpdateFeature&) const = default;
};

using ControllerEvent =
    std::variant<RegisterBroker, BrokerHeartbeat, CreateTopics, DeleteTopics, CreatePartitions,
                 SetConfigs, AllocateProducerIds, ReportSynced, AlterInSync, ReportDamaged,
                 ElectLeaders, AlterReassignments, UnregisterBroker, ChangeVoters, DescribeVoters,
                 UpdateFeature>;

struct BrokerRegistered {
  BrokerEpoch epoch;
  bool operator==(const BrokerRegistered&) const = default;
};
struct HeartbeatState {
  bool fenced = true;
  bool caught_up = false;      // Has applied its own registration.
  bool may_shut_down = false;  // It asked to, and leads nothing any more.
  bool operator==(const HeartbeatState&) const = default;
};
struct TopicCreated {
  TopicId id;
  std::int32_t partitions = 0;
  std::int32_t replication_factor = 0;
  std::vector<std::pair<std::string, std::string>> configs;  // As stored.
  bool operator==(const TopicCreated&) const = default;
};
struct ProducerIdBlock {
  ProducerId first;
  std::int32_t count = 0;
  bool operator==(const ProducerIdBlock&) const = default;
};
// A copy of the metadata log.
struct QuorumReplica {
  BrokerId broker;
  DirectoryId directory;
  std::string host;  // Where it listens for brokers, as far as known.
  std::uint16_t port = 0;
  bool votes = false;
  bool alive = false;             // Heard of lately.
  bool caught_up = false;         // It follows, and may be given a vote.
  bool names_voters = false;      // Of its registration.
  std::optional<Offset> log_end;  // None: it has not said so to this leader.
  std::chrono::milliseconds silent{0};
  bool operator==(const QuorumReplica&) const = default;
};
struct QuorumState {
  BrokerId leader;
  Term term;
  Offset log_end;
  Offset committed;
  std::vector<QuorumReplica> replicas;  // Voters by id, then the others.
  bool operator==(const QuorumState&) const = default;
};
using ItemAnswer = std::variant<std::monostate, BrokerRegistered, HeartbeatState, TopicCreated,
                                ProducerIdBlock, QuorumState>;

struct ControllerAnswer {
  Offset offset;  // Of the metadata log: an image at or past it shows what was decided.
  std::vector<Result<ItemAnswer>> items;
};

class ControllerPort {
 public:
  virtual ~ControllerPort() = default;
  // From a task on any core; the answer comes back there. Errors of the whole event: not_controller
  // (nothing was decided; ask again), outcome_unknown (it may yet commit), request_timed_out (the
  // deadline passed; likewise unknown), budget_exceeded (too many wait), shutting_down, cancelled.
  virtual Task<Result<ControllerAnswer>> propose(ControllerEvent event,
                                                 env::MonotonicTime deadline) = 0;
};

}  // namespace ropewalk::metadata
