// Blocks of producer ids that the controller gave to this broker, handed out one by one.
//
// A block a core, so that cores need not agree; what is left of one when the broker stops is lost.
#pragma once

#include <vector>

#include "broker/service/service.h"
#include "common/env/environment.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

class ProducerIds {
 public:
  explicit ProducerIds(const Parts& parts);

  // An id that nobody ever had. On any data core. Errors: fenced_broker (not registered yet), those
  // of ControllerPort.
  Task<Result<ProducerId>> next(env::MonotonicTime deadline);

 private:
  struct Block {
    ProducerId next{0};
    ProducerId end{0};
  };
  const Parts& parts_;
  std::vector<Block> blocks_;  // By core; touched on that core only.
};

}  // namespace ropewalk::service
