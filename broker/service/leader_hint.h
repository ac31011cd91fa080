// What a client needs to find the leader of a partition without asking for metadata again.
#pragma once

#include <cstdint>
#include <string>

#include "common/ids.h"

namespace ropewalk::service {

struct LeaderHint {
  BrokerId leader = kNoBroker;
  LeaderEpoch epoch = kNoLeaderEpoch;
  std::string host;  // Of the listener that was asked; empty when it is not known.
  std::uint16_t port = 0;
  bool operator==(const LeaderHint&) const = default;
};

}  // namespace ropewalk::service
