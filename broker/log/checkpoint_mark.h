// What makes one checkpoint of a log say more than another: below an offset nothing changes but by
// a cut that goes further down, and that removes the checkpoint.
#pragma once

#include "common/ids.h"

namespace ropewalk::log {

struct CheckpointMark {
  Offset offset;
  Offset log_start;
  Offset high_watermark;
  bool operator==(const CheckpointMark&) const = default;
};

}  // namespace ropewalk::log
