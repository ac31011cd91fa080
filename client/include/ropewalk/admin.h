// Looks at and changes the cluster: topics, their settings, offsets, brokers.
//
// Every function blocks until it is answered, at most for the client's request_timeout, and may be
// called from several threads, but not in a callback. Errors that all share: request_timed_out (a
// change may still come to pass) and not_controller (nothing was changed), where trying again
// helps; outcome_unknown (a change may or may not have come to pass: look before trying again);
// closed (it does not help). The errors named below are for good, unless said otherwise: somebody
// has to change something first.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/client.h"
#include "ropewalk/features.h"
#include "ropewalk/replicas.h"
#include "ropewalk/types.h"
#include "ropewalk/voters.h"

namespace ropewalk {

struct TopicSetting {
  std::string name;  // As Kafka's, with dots: "retention.ms".
  std::string value;
};
struct TopicSettingChange {
  std::string name;
  std::optional<std::string> value;  // Missing: back to the default.
};

struct NewTopic {
  std::string name;
  std::int32_t partitions = 0;          // 0: the cluster's default.
  std::int32_t replication_factor = 0;  // 0: the cluster's default.
  std::vector<TopicSetting> settings = {};
  bool validate_only = false;  // Check and answer as if, but change nothing.
};
struct CreatedTopic {
  std::string topic_id;  // 22 characters; empty with validate_only.
  std::int32_t partitions = 0;
  std::int32_t replication_factor = 0;
};

enum class SettingSource : std::uint8_t {
  default_value,  // Nobody set it.
  cluster,
  topic,
  broker,  // Nobody set it; the value is the default of the broker that answered, and its alone.
};

struct DescribedSetting {
  std::string name;
  std::string value;  // In force.
  SettingSource source = SettingSource::default_value;
};
struct DescribedPartition {
  std::int32_t partition = 0;
  std::int32_t leader = -1;  // -1: none.
  std::int32_t leader_epoch = 0;
  std::int32_t partition_epoch = 0;
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> in_sync_replicas;
  std::vector<std::int32_t> eligible_replicas;
  std::string durability;                      // "synced" or "replicated": what holds now.
  std::vector<std::int32_t> offline_replicas;  // Their brokers are, or the disks that they are on.
  std::string problem;                         // For people: why it is not served, if it is not.
  std::vector<std::int32_t> adding_replicas = {};    // Being added; they stand in `replicas` too.
  std::vector<std::int32_t> removing_replicas = {};  // They go once those are in sync.
};
struct DescribedTopic {
  std::string name;
  std::string topic_id;
  std::int32_t replication_factor = 0;
  std::vector<DescribedSetting> settings;      // By name.
  std::vector<DescribedPartition> partitions;  // By index.
};

enum class OffsetWanted : std::uint8_t { earliest, latest, by_timestamp, max_timestamp };
struct OffsetQuestion {
  PartitionName partition;
  OffsetWanted wanted = OffsetWanted::latest;
  Timestamp timestamp = {};  // For by_timestamp: the first record of this time or later.
};
struct OffsetAnswer {
  PartitionName partition;
  std::int64_t offset = -1;  // -1: no such record.
  std::optional<Timestamp> timestamp;
};

struct RecordsToDelete {
  PartitionName partition;
  std::optional<std::int64_t>
      before;  // The first offset that stays; missing: none of today's does.
};
struct DeletedRecords {
  PartitionName partition;
  std::int64_t begin = -1;  // The first offset that the partition has now.
};

struct BrokerStatus {
  std::int32_t broker_id = 0;
  std::string host;
  std::uint16_t port = 0;
  std::string rack;
  bool fenced = false;   // Registered but not taken as alive.
  bool drained = false;  // It gets no new replicas: set_drained().
};
struct ClusterStatus {
  std::string cluster_id;
  std::int32_t controller_id = -1;  // -1: not known.
  std::int32_t feature_level = 0;
  std::vector<BrokerStatus> brokers;
  std::int32_t topics = 0;
  std::int32_t partitions = 0;
  std::int32_t without_leader = 0;     // Unavailable now.
  std::int32_t under_replicated = 0;   // Fewer in-sync replicas than replicas.
  std::int32_t under_min_in_sync = 0;  // Produces with acks=all are refused.
};

class Admin {
 public:
  explicit Admin(Client& client);
  ~Admin();

  // Errors: invalid_topic, topic_already_exists, invalid_partitions, invalid_replication_factor,
  // invalid_config.
  Result<CreatedTopic> create_topic(const NewTopic& topic);
  // Errors: unknown_topic_or_partition (trying again helps if somebody is about to make it). Also
  // for the next three.
  Result<void> delete_topic(const std::string& name);
  // In the order of the names; the first that is not there fails all.
  Result<std::vector<DescribedTopic>> describe_topics(const std::vector<std::string>& names);
  // All changes or none. Errors: also invalid_config.
  Result<void> set_topic_config(const std::string& name,
                                const std::vector<TopicSettingChange>& changes);
  // All topics, by name. Only the shared errors: trying again helps but after closed.
  Result<std::vector<DescribedTopic>> list_topics();

  // In the order of the questions; the first failure fails all, naming the partition. Errors:
  // unknown_topic_or_partition, as above. What passes with a leader was tried again inside.
  Result<std::vector<OffsetAnswer>> list_offsets(const std::vector<OffsetQuestion>& questions);

  // Lets the oldest records go, for good; answers in the order of `wanted` once no reader gets them
  // any more. Doing it again is fine. The first failure fails all, naming the partition; others may
  // have been carried out. Errors: offset_out_of_range (beyond what is committed).
  Result<std::vector<DeletedRecords>> delete_records(const std::vector<RecordsToDelete>& wanted);

  // Only the shared errors: trying again helps but after closed.
  Result<ClusterStatus> cluster_status();

  // Other leaders. Each partition for itself, in the order of the list. Errors of the next seven:
  // cluster_authorization_failed.
  Result<std::vector<PartitionElection>> elect_leaders(
      ElectionKind kind, const std::vector<PartitionName>& partitions);
  // Other replicas, each partition for itself. This only begins it: see list_reassignments().
  Result<std::vector<AlteredReassignment>> alter_reassignments(
      const std::vector<WantedReplicas>& wanted);
  // Those under way, by topic and partition.
  Result<std::vector<RunningReassignment>> list_reassignments();
  // How far the replicas are, as their leaders know it; in the order of the list. The first failure
  // fails all, naming the partition. Errors: unknown_topic_or_partition; request_timed_out, if a
  // partition has no leader for so long.
  Result<std::vector<PartitionReplicas>> describe_replicas(
      const std::vector<PartitionName>& partitions);
  // How a broker could be emptied: a proposal for alter_reassignments(). Errors:
  // broker_id_not_registered.
  Result<DrainPlan> plan_drain(std::int32_t broker_id);
  // A broker that is drained gets no replicas of new topics and partitions until that is ended,
  // whatever restarts meanwhile; only who names it gives it some. Those that it has stay until they
  // are moved. Doing it again is fine. Errors: broker_id_not_registered.
  Result<void> set_drained(std::int32_t broker_id, bool drained);
  // Forgets a broker that will not come back. Errors: broker_id_not_registered, policy_violation
  // (it lives: stop it first; it votes on the metadata: change_voters()), not_empty (it holds
  // replicas: move them first).
  Result<void> unregister_broker(std::int32_t broker_id);
  // Who keeps the metadata. Only the shared errors: trying again helps but after closed.
  Result<MetadataQuorum> metadata_quorum();
  // One voter more, one less, or one in the place of another; afterwards it is so. Errors:
  // not_enough_replicas (who is to come has not fetched everything yet: trying again helps; tried
  // again inside), not_found, already_exists, policy_violation, invalid_request.
  Result<MetadataQuorum> change_voters(const VoterChange& change);

  // What the cluster has agreed to use, and could. Only the shared errors.
  Result<std::vector<ClusterFeature>> features();
  // Raises a level, for good. Errors: feature_update_failed (no such feature, lower than it is, or
  // a registered broker does not know it: the message names it).
  Result<void> update_feature(const std::string& name, std::int32_t level,
                              bool validate_only = false);

 private:
  std::shared_ptr<client::Shell> shell_;
};

}  // namespace ropewalk
