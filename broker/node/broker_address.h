// Where the other brokers are.
#pragma once

#include <optional>

#include "broker/metadata/image.h"
#include "broker/quorum/raft/control_batches.h"
#include "common/env/network.h"

namespace ropewalk::node {

// The `broker_listen` of a broker: as it has registered, else as the voters name it.
std::optional<env::Endpoint> broker_address(const metadata::Image& image,
                                            const quorum::Voters& voters, BrokerId broker);

}  // namespace ropewalk::node
