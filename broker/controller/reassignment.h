// Moving the replicas of partitions (metadata-quorum.md, 6.11).
//
// While it goes on `replicas` are those wanted, in their order, and behind them those that go.
#pragma once

#include <cstddef>

#include "broker/controller/batch.h"

namespace ropewalk::controller {

// Ends those reassignments that the batch's records from that one on may have brought to their end:
// all that were added are in sync, and enough of those that stay. Adds the changes.
void complete_reassignments(Batch& batch, std::size_t from);

}  // namespace ropewalk::controller
