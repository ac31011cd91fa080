// Blocks of producer ids that the controller gave to this broker, handed out one by one.
//
// A block a core, so that cores need not agree; what is left of one when the broker stops is lost.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/env/environment.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::metadata {
class ControllerPort;
}

namespace ropewalk::service {

class ProducerIds {
 public:
  ProducerIds(env::Environment& environment, metadata::ControllerPort& controller);

  // An id that nobody ever had. On any data core. Errors: those of ControllerPort.
  Task<Result<ProducerId>> next();

 private:
  struct Block {
    ProducerId next{0};
    ProducerId end{0};
  };
  env::Environment& environment_;
  metadata::ControllerPort& controller_;
  std::vector<Block> blocks_;  // By core; touched on that core only.
};

}  // namespace ropewalk::service
