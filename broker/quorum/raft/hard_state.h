// What a voter must not forget: durable before anything is answered on its ground.
#pragma once

#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::quorum {

struct HardState {
  ClusterId cluster;
  BrokerId node;
  DirectoryId directory;
  Term term;
  BrokerId voted_for = kNoBroker;  // In this term.
  bool joins = false;              // Has had no entry yet. The driver's, not the core's.
  bool operator==(const HardState&) const = default;
};

}  // namespace ropewalk::quorum
