#include "broker/node/broker_address.h"

#include <algorithm>

namespace ropewalk::node {

std::optional<env::Endpoint> broker_address(const metadata::Image& image,
                                            const quorum::Voters& voters, BrokerId broker) {
  if (const auto* registered = image.broker(broker)) {
    const auto& listeners = registered->listeners;
    const auto found = std::ranges::find(listeners, "broker", &metadata::BrokerListener::name);
    if (found != listeners.end()) return env::Endpoint{found->host, found->port};
  }
  const auto voter = std::ranges::find(voters, broker, &quorum::Voter::id);
  if (voter == voters.end() || voter->endpoint.host.empty()) return std::nullopt;
  return voter->endpoint;
}

}  // namespace ropewalk::node
