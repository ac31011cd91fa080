// What each verb of `ropewalk bench` does. As the other commands (client/cli/commands.h): on the
// main thread, and blocking; what was measured goes to stdout also when the run failed.
#pragma once

#include "client/cli/bench/bench_options.h"
#include <ropewalk/client.h>

namespace ropewalk::cli {

// Errors: also request_timed_out when nothing moved for the timeout; interrupted().
Result<void> run(Client& client, const BenchProduce& command);
Result<void> run(Client& client, const BenchConsume& command);
Result<void> run(Client& client, const BenchLatency& command);
// Errors: also unknown_server_error when a record was lost, is there twice or out of order.
Result<void> run(Client& client, const BenchFailover& command);

}  // namespace ropewalk::cli
