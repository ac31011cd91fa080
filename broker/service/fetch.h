// Use case: read record batches of many partitions, waiting for more if there is too little.
#pragma once

#include "broker/security/request_context.h"
#include "broker/service/fetch_request.h"
#include "broker/service/fetch_session_cores.h"
#include "broker/service/service.h"
#include "common/env/task.h"

namespace ropewalk::service {

class Fetch {
 public:
  explicit Fetch(const Parts& parts) : parts_(parts), sessions_(parts) {}
  // On a data core, in a task of the connection's group: cancelling it ends the wait.
  Task<FetchResponse> handle(security::RequestContext context, FetchRequest request);

 private:
  const Parts& parts_;
  FetchSessionCores sessions_;
};

}  // namespace ropewalk::service
