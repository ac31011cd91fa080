// Use case: how far the replicas of partitions are that this broker leads.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/leader_hint.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

struct DescribeReplicasPartition {
  TopicRef topic;
  std::int32_t partition = 0;
  std::optional<LeaderEpoch> leader_epoch;  // That the client knows.
};

struct ReplicaState {
  BrokerId broker;
  bool in_sync = false;
  std::optional<Offset> log_end;  // Nothing: it has not told this leader yet.
};

struct PartitionReplicas {
  Error error{Errc::none, {}};
  LeaderHint current_leader;  // With not_leader_or_follower, fenced_ and unknown_leader_epoch.
  Offset log_start;           // Of the leader's log, as are the next two.
  Offset log_end;
  std::uint64_t bytes = 0;
  std::vector<ReplicaState> replicas;  // In order of preference.
};

class DescribeReplicas {
 public:
  explicit DescribeReplicas(const Parts& parts) : parts_(parts) {}

  // In the order of the request. On a data core. Errors of a partition: unknown_topic_or_partition,
  // unknown_topic_id, not_leader_or_follower, fenced_leader_epoch, unknown_leader_epoch,
  // topic_authorization_failed, kafka_storage_error, request_timed_out.
  Task<std::vector<PartitionReplicas>> handle(security::RequestContext context,
                                              std::vector<DescribeReplicasPartition> request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
