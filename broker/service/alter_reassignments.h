// Use case: other replicas for partitions (metadata-quorum.md, 6.11). Answered once it is decided
// and in the image here; the moves themselves go on.
#pragma once

#include <optional>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/security/request_context.h"
#include "broker/service/partition_refs.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct WantedReplicas {
  PartitionRef partition;
  // In order of preference. Nothing: what is under way is called off.
  std::optional<metadata::Replicas> replicas;
};

struct AlterReassignmentsRequest {
  std::vector<WantedReplicas> partitions;
  bool may_change_count = true;  // Of the replicas of a partition.
};

struct AlteredReassignment {
  Error error{Errc::none, {}};
  TopicRef topic;  // As it was asked for, with what is known of it.
  std::int32_t partition = 0;
};

struct AlterReassignmentsResponse {
  std::vector<AlteredReassignment> partitions;  // In the order of the request.
  Offset metadata_offset;                       // What this is as of.
};

class AlterReassignments {
 public:
  explicit AlterReassignments(const Parts& parts) : parts_(parts) {}

  // Each for itself. Errors of a partition:
  // unknown_topic_or_partition, unknown_topic_id, invalid_request (it stands there twice),
  // invalid_replica_assignment, no_reassignment_in_progress, invalid_replication_factor (another
  // number of replicas, where that may not be), policy_violation. Errors:
  // cluster_authorization_failed, those of ControllerPort.
  Task<Result<AlterReassignmentsResponse>> handle(security::RequestContext context,
                                                  AlterReassignmentsRequest request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
