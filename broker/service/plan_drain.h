// Use case: how a broker could be emptied. Changes nothing; AlterReassignments carries it out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

struct PlannedMove {
  TopicRef topic;
  std::int32_t partition = 0;
  metadata::Replicas from;
  metadata::Replicas to;
  BrokerId leader = kNoBroker;
};

struct StuckReplica {
  TopicRef topic;
  std::int32_t partition = 0;
  metadata::Replicas replicas;
  std::string reason;
};

struct DrainPlan {  // Moves and stuck ones by topic name and index.
  std::vector<PlannedMove> moves;
  std::vector<StuckReplica> stuck;  // There is no other broker for these.
  Offset metadata_offset;           // What this is as of.
};

class PlanDrain {
 public:
  explicit PlanDrain(const Parts& parts) : parts_(parts) {}

  // What is being moved counts as moved. On any data core. Errors: broker_id_not_registered,
  // cluster_authorization_failed.
  Result<DrainPlan> handle(const security::RequestContext& context, BrokerId broker) const;

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
