// Use case: the operator wants other leaders (R7). Answered once they are in the image here.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/security/request_context.h"
#include "broker/service/partition_refs.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct ElectLeadersRequest {
  metadata::ElectionKind kind = metadata::ElectionKind::preferred;
  // Nothing: all that such an election could change.
  std::optional<std::vector<PartitionRef>> partitions;
};

struct PartitionElection {
  Error error{Errc::none, {}};
  TopicRef topic;  // As it was asked for, with what is known of it.
  std::int32_t partition = 0;
  BrokerId leader = kNoBroker;  // That it has now.
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
};

struct ElectLeadersResponse {
  // In the order of the request, or by name and index.
  std::vector<PartitionElection> partitions;
  Offset metadata_offset;  // What this is as of.
};

class ElectLeaders {
 public:
  explicit ElectLeaders(const Parts& parts) : parts_(parts) {}

  // Each for itself. Errors of a partition:
  // unknown_topic_or_partition, unknown_topic_id, invalid_request (it stands there twice),
  // election_not_needed, preferred_leader_not_available, eligible_leaders_not_available. Errors:
  // cluster_authorization_failed, those of ControllerPort.
  Task<Result<ElectLeadersResponse>> handle(security::RequestContext context,
                                            ElectLeadersRequest request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
