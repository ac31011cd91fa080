#include "broker/node/broker_address.h"

#include <algorithm>

namespace ropewalk::node {

std::optional<env::Endpoint> broker_address(const metadata::Image& image,
                                            const quorum::Voters& voters, BrokerId broker) {
  if (const auto* registered = image.broker(broker)) {
    if (const auto* listens = metadata::find_listener(*registered, "broker"))
      return env::Endpoint{listens->host, listens->port};
  }
  const auto voter = std::ranges::find(voters, broker, &quorum::Voter::id);
  if (voter == voters.end() || voter->endpoint.host.empty()) return std::nullopt;
  return voter->endpoint;
}

}  // namespace ropewalk::node
