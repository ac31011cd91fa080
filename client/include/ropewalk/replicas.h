// Who leads partitions and who holds them, as Admin shows and changes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/types.h"

namespace ropewalk {

enum class ElectionKind : std::uint8_t {
  preferred,  // The first of the replicas leads, if it is in sync. Nothing is lost.
  unclean,    // Whoever is there leads, where nobody does. What it lacks is lost.
};
// What came of one partition. `error.code` is none if it has another leader now, and else
// unknown_topic_or_partition, election_not_needed (the first replica, or somebody, leads already),
// preferred_leader_not_available, eligible_leaders_not_available, invalid_request (twice in one).
struct PartitionElection {
  PartitionName partition;
  Error error{Errc::none, {}};
  std::int32_t leader = -1;  // Now; -1: none.
  std::int32_t leader_epoch = 0;
};

struct WantedReplicas {
  PartitionName partition;
  // Brokers, the one that is to lead first. Missing: what is under way is called off, and the
  // replicas are those that were there before.
  std::optional<std::vector<std::int32_t>> replicas;
};
// `error.code` is none if it is under way (or done), and else unknown_topic_or_partition,
// invalid_replica_assignment, no_reassignment_in_progress, policy_violation (a broker would hold
// more than it may), invalid_request (twice in one).
struct AlteredReassignment {
  PartitionName partition;
  Error error{Errc::none, {}};
};

// A partition that is getting other replicas.
struct RunningReassignment {
  PartitionName partition;
  std::vector<std::int32_t> replicas;  // All, with those that come and those that go.
  std::vector<std::int32_t> adding;
  std::vector<std::int32_t> removing;
  std::vector<std::int32_t> in_sync_replicas;
  std::int32_t leader = -1;  // -1: none now; nothing moves until there is one.
};

struct ReplicaState {
  std::int32_t broker_id = 0;
  bool in_sync = false;
  std::optional<std::int64_t> log_end;  // Missing: it has not told the leader yet.
};
struct PartitionReplicas {
  PartitionName partition;
  std::int64_t log_start = 0;          // Of the leader's log.
  std::int64_t log_end = 0;            // One past its last record, committed or not.
  std::int64_t bytes = 0;              // What a new replica has to copy.
  std::vector<ReplicaState> replicas;  // In order of preference.
};

struct PlannedMove {
  PartitionName partition;
  std::vector<std::int32_t> from;  // In order of preference.
  std::vector<std::int32_t> to;
  std::int32_t leader = -1;  // -1: none now.
};
struct StuckReplica {
  PartitionName partition;
  std::vector<std::int32_t> replicas;
  std::string reason;  // For people.
};
struct DrainPlan {
  std::vector<PlannedMove> moves;
  std::vector<StuckReplica> stuck;  // There is no other broker for these.
};

}  // namespace ropewalk
