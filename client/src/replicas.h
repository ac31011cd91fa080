// How far the replicas of partitions are, asked of their leaders, for Admin.
#pragma once

#include <memory>
#include <vector>

#include "client/src/shell.h"
#include "ropewalk/admin.h"

namespace ropewalk::client {

// Answers in the order of `partitions`. Core only. Errors: those of ask_leaders().
Task<Result<std::vector<PartitionReplicas>>> describe_replicas(
    std::shared_ptr<Shell> shell, std::vector<PartitionName> partitions,
    env::MonotonicTime deadline);

}  // namespace ropewalk::client
