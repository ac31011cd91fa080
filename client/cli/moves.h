// Moves of replicas, carried out and watched. Blocks.
#pragma once

#include <functional>
#include <vector>

#include "client/cli/move_plan.h"
#include "client/cli/move_progress.h"
#include "client/cli/options.h"

namespace ropewalk::cli {

// How many bytes each leader's log has, where it says so.
void learn_bytes(Admin& admin, MovePlan& plan);

// Asks for all of them, and prints how it went unless all of it did. Errors: unknown_server_error
// if some were refused; the others are under way.
Result<void> begin(Admin& admin, const std::vector<WantedReplicas>& wanted);

using Wanted = std::function<bool(const RunningReassignment&)>;
Wanted every_move();
Wanted moves_from(std::int32_t broker);
// Those under way, with how far they are.
Result<std::vector<MoveProgress>> look(Admin& admin, const Wanted& wanted);
// Until none of them is under way any more; a terminal sees how far it is.
Result<void> wait_until_done(Admin& admin, const Wanted& wanted);

}  // namespace ropewalk::cli
