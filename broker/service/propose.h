// Asking the controller for one thing, and seeing it done here before the client hears of it.
#pragma once

#include "broker/metadata/controller_port.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct Decided {
  Offset offset;
  metadata::ItemAnswer answer;
};

// The event concerns exactly one thing. Afterwards this core's image shows what was decided.
// Errors: those of ControllerPort and of the item; outcome_unknown when it was decided but did not
// reach this broker before the deadline.
Task<Result<Decided>> propose_one(const Parts& parts, metadata::ControllerEvent event,
                                  env::MonotonicTime deadline);

// The same for events that concern several things, all or none of interest: the first error.
Task<Result<Offset>> propose_all(const Parts& parts, metadata::ControllerEvent event,
                                 env::MonotonicTime deadline);

// The same for events that concern several things, each for itself.
Task<Result<metadata::ControllerAnswer>> propose_each(const Parts& parts,
                                                      metadata::ControllerEvent event,
                                                      env::MonotonicTime deadline);

}  // namespace ropewalk::service
