// Use case: a broker is to get no new replicas, or may get some again. Moves none; PlanDrain and
// AlterReassignments do. Answered once this broker's image shows it.
#pragma once

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

class SetDrained {
 public:
  explicit SetDrained(const Parts& parts) : parts_(parts) {}

  // Saying what is so already is fine. Errors: broker_id_not_registered,
  // cluster_authorization_failed, those of ControllerPort.
  Task<Result<Offset>> handle(security::RequestContext context, BrokerId broker, bool drained);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
