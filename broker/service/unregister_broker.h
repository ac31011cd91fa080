// Use case: a broker that will not come back is forgotten. Answered once it is gone from the image
// here.
#pragma once

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

class UnregisterBroker {
 public:
  explicit UnregisterBroker(const Parts& parts) : parts_(parts) {}

  // Errors: broker_id_not_registered, not_empty (it has replicas), policy_violation (it lives, or
  // votes), cluster_authorization_failed, those of ControllerPort.
  Task<Result<Offset>> handle(security::RequestContext context, BrokerId broker);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
