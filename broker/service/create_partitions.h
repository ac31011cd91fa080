// Use case: more partitions for topics that are there. Answered once they are in the image here.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct MorePartitions {
  TopicRef topic;
  std::int32_t total = 0;  // With those that are there.
  // Who holds which of the new ones, in order. Nothing: the controller decides.
  std::optional<std::vector<metadata::Replicas>> assignments;
};

class CreatePartitions {
 public:
  explicit CreatePartitions(const Parts& parts) : parts_(parts) {}

  // In the order of the request, each for itself; with `validate_only` nothing is made. Errors:
  // unknown_topic_or_partition, unknown_topic_id, invalid_topic, topic_authorization_failed,
  // invalid_request (a topic is meant twice), invalid_partitions (no more than there are, or more
  // than a topic may have), invalid_replica_assignment, invalid_replication_factor (too few brokers
  // exist), policy_violation (a broker would hold more partitions than it may),
  // request_timed_out, those of ControllerPort.
  Task<std::vector<Result<void>>> handle(security::RequestContext context,
                                         std::vector<MorePartitions> request, bool validate_only);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
