// Which broker to ask what any of them can answer, and in which order.
//
// Pure; on the client's core only. A broker that did not answer in time, or whose answers led
// nowhere, comes last for a while: another one knows better. It is never left out, since it may be
// the only one.
#pragma once

#include <map>
#include <vector>

#include "common/env/network.h"
#include "common/env/time.h"

namespace ropewalk::client {

class WhomToAsk {
 public:
  // How long a broker in doubt stands behind the others.
  static constexpr env::Duration kDoubt = std::chrono::seconds(5);

  void doubt(const env::Endpoint& broker, env::MonotonicTime now) {
    doubted_until_[broker] = now + kDoubt;
  }
  bool in_doubt(const env::Endpoint& broker, env::MonotonicTime now) const;

  // Each broker once: those not in doubt in the order given, then those in doubt, the longest
  // doubted first.
  std::vector<env::Endpoint> order(const std::vector<env::Endpoint>& brokers,
                                   env::MonotonicTime now) const;

 private:
  std::map<env::Endpoint, env::MonotonicTime> doubted_until_;
};

}  // namespace ropewalk::client
