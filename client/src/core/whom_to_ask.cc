#include "client/src/core/whom_to_ask.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ropewalk::client {

bool WhomToAsk::in_doubt(const env::Endpoint& broker, env::MonotonicTime now) const {
  const auto at = doubted_until_.find(broker);
  return at != doubted_until_.end() && now < at->second;
}

std::vector<env::Endpoint> WhomToAsk::order(const std::vector<env::Endpoint>& brokers,
                                            env::MonotonicTime now) const {
  std::vector<env::Endpoint> ordered;
  std::vector<std::pair<env::MonotonicTime, env::Endpoint>> doubted;
  std::set<env::Endpoint> named;
  for (const env::Endpoint& broker : brokers) {
    if (!named.insert(broker).second) continue;
    if (in_doubt(broker, now)) {
      doubted.emplace_back(doubted_until_.at(broker), broker);
    } else {
      ordered.push_back(broker);
    }
  }
  std::ranges::sort(doubted);
  for (auto& [until, broker] : doubted) ordered.push_back(std::move(broker));
  return ordered;
}

}  // namespace ropewalk::client
