// Use case: be as new as the caller asks, so that it reads its own changes at any broker (M5).
#pragma once

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

class AwaitMetadata {
 public:
  explicit AwaitMetadata(const Parts& parts) : parts_(parts) {}
  // Until this core's image has reached the offset, or the context's deadline. On any data core.
  // Errors: request_timed_out, cancelled.
  Task<Result<void>> handle(security::RequestContext context, Offset least);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
