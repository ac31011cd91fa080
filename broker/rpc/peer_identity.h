// Who a broker is to other brokers, and where one is looked for. Values.
#pragma once

#include <compare>
#include <optional>

#include "common/env/network.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::rpc {

struct PeerIdentity {
  ClusterId cluster;
  BrokerId broker{kNoBroker};
  DirectoryId directory;  // The first data directory: it also holds the quorum.
  IncarnationId incarnation;
  auto operator<=>(const PeerIdentity&) const = default;
};

struct PeerAddress {
  BrokerId broker{kNoBroker};            // kNoBroker: whoever is there.
  std::optional<DirectoryId> directory;  // Nothing: with whatever disk.
  env::Endpoint endpoint;
  auto operator<=>(const PeerAddress&) const = default;
};

}  // namespace ropewalk::rpc
