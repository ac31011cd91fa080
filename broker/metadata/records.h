// The records that change the cluster image, as values (metadata-quorum.md, section 5).
//
// A record states what is. Controllers make them, everybody applies them in the order of the
// metadata log. How they look on disk is record_codec.h's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::metadata {

// What a replica counts with (architecture, D5). `syncing`: the stable end is the durable end
// already, but elections and descriptions treat the partition as replicated until its leader has
// reported that all in-sync logs are synced whole.
enum class Durability : std::uint8_t { replicated = 1, syncing = 2, synced = 3 };
enum class Recovery : std::uint8_t { recovered = 1, recovering = 2 };

struct BrokerListener {
  std::string name;  // "native", "broker", "kafka", ...
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(const BrokerListener&) const = default;
};

struct SupportedFeature {
  std::string name;
  std::int32_t min_level = 0;
  std::int32_t max_level = 0;
  auto operator<=>(const SupportedFeature&) const = default;
};

// One life of a broker. Also the image's state of it.
struct BrokerRegistration {
  BrokerId id;
  IncarnationId incarnation;
  BrokerEpoch epoch;  // In the log 0: the offset of the entry that this record is in.
  std::vector<BrokerListener> listeners;
  std::string rack;
  std::vector<DirectoryId> directories;  // The first also holds the quorum.
  std::vector<SupportedFeature> features;
  bool fenced = true;
  bool in_controlled_shutdown = false;
  // It was started with `quorum_voters`: were its disk lost, it would make no cluster of its own
  // under this address.
  bool names_voters = false;
  // It could use every data_dir of its settings, and none has failed since: a directory that is
  // not listed will not come back.
  bool all_directories = false;
  bool operator==(const BrokerRegistration&) const = default;
};

// What a replica has that may not be whole: as its broker told when it registered last, or nothing
// where it has not since. Elections go by it when nobody is whole (R7, R13).
struct ReplicaEnd {
  LeaderEpoch last_epoch = kNoLeaderEpoch;
  Offset log_end{0};
  bool cut = false;      // Recovery has cut a tail, in this life or one before.
  bool damaged = false;  // It never leads again as it is.
  bool operator==(const ReplicaEnd&) const = default;
};

// The state of one partition; also its record.
struct Partition {
  PartitionId index;
  std::vector<BrokerId> replicas;        // In order of preference.
  std::vector<DirectoryId> directories;  // Of the replica at the same place.
  std::vector<BrokerId> in_sync;
  std::vector<BrokerId> adding;
  std::vector<BrokerId> removing;
  BrokerId leader = kNoBroker;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  Recovery recovery = Recovery::recovered;
  std::vector<BrokerId> eligible;  // KIP-966's ELR: left the set when that fell below the minimum.
  // Of the last in-sync and eligible ones those that may not be whole any more.
  std::vector<BrokerId> last_known_eligible;
  std::vector<ReplicaEnd> last_known_ends;  // Of the one at the same place.
  Durability durability = Durability::synced;
  LeaderEpoch last_unclean_epoch = kNoLeaderEpoch;  // Of the last unclean election.
  bool operator==(const Partition&) const = default;
};

struct FeatureLevelRecord {
  std::string name;
  std::int32_t level = 0;  // 0 removes the feature.
};
struct RegisterBrokerRecord {
  BrokerRegistration broker;
};
struct BrokerRegistrationChangeRecord {
  BrokerId id;
  BrokerEpoch epoch;  // Of the registration that it changes.
  std::optional<bool> fenced;
  std::optional<bool> in_controlled_shutdown;
  std::vector<DirectoryId> directories;  // Empty: unchanged.
};
struct UnregisterBrokerRecord {
  BrokerId id;
  BrokerEpoch epoch;
};
struct TopicRecord {
  TopicId id;
  std::string name;
};
// Takes the topic's partitions and settings with it.
struct RemoveTopicRecord {
  TopicId id;
};
struct PartitionRecord {
  TopicId topic;
  Partition partition;
};
// Why a leader was elected that may lack what was committed (R7).
enum class UncleanCause : std::uint8_t {
  none = 0,
  tail_was_cut = 1,   // Everybody is back, and this is the best there is of those that lost a tail.
  all_are_back = 2,   // Likewise, of those that had no clean end in a replicated topic.
  wait_is_over = 3,   // Not everybody came back in time.
  topic_allows = 4,   // unclean.leader.election.enable.
  was_asked_for = 5,  // By the operator.
};

inline constexpr std::size_t kUncleanCauses = 6;
std::string_view to_string(UncleanCause cause);  // "tail_was_cut", ...

// What is not set stays. Every one raises the partition epoch; `leader` (even to the same broker)
// raises the leader epoch.
struct PartitionChangeRecord {
  TopicId topic;
  PartitionId index;
  std::optional<std::vector<BrokerId>> replicas;
  std::optional<std::vector<DirectoryId>> directories;
  std::optional<std::vector<BrokerId>> in_sync;
  std::optional<std::vector<BrokerId>> adding;
  std::optional<std::vector<BrokerId>> removing;
  std::optional<BrokerId> leader;
  std::optional<Recovery> recovery;
  std::optional<std::vector<BrokerId>> eligible;
  std::optional<std::vector<BrokerId>> last_known_eligible;
  std::vector<ReplicaEnd> last_known_ends;  // With last_known_eligible.
  std::optional<Durability> durability;
  bool unclean = false;  // The leader that this sets was elected uncleanly.
  UncleanCause unclean_cause = UncleanCause::none;
};

// Whose setting it is: the whole cluster's, a broker's, a topic's.
struct ClusterScope {
  auto operator<=>(const ClusterScope&) const = default;
};
using ConfigScope = std::variant<ClusterScope, BrokerId, TopicId>;
struct ConfigRecord {
  ConfigScope scope;
  std::string key;
  std::optional<std::string> value;  // Absent: back to the default.
};

struct ProducerIdsRecord {
  ProducerId next;  // Every id below has been given away.
  BrokerId broker;  // Whom the last block went to.
  BrokerEpoch broker_epoch;
};
struct NoOpRecord {};

using Record =
    std::variant<FeatureLevelRecord, RegisterBrokerRecord, BrokerRegistrationChangeRecord,
                 UnregisterBrokerRecord, TopicRecord, RemoveTopicRecord, PartitionRecord,
                 PartitionChangeRecord, ConfigRecord, ProducerIdsRecord, NoOpRecord>;

}  // namespace ropewalk::metadata
