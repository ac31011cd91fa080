#include "broker/service/addresses.h"

#include <algorithm>
#include <cstddef>

namespace ropewalk::service {
namespace {

// The one at `place` of those that the broker has registered for the listener, else its first.
env::Endpoint registered(const metadata::BrokerRegistration& broker, const std::string& listener,
                         std::size_t place) {
  env::Endpoint first;
  std::size_t count = 0;
  for (const metadata::BrokerListener& address : broker.listeners) {
    if (address.name != listener) continue;
    if (count == place) return {address.host, address.port};
    if (count++ == 0) first = {address.host, address.port};
  }
  return first;
}

}  // namespace

env::Endpoint address_for(const Parts& parts, const security::Caller& caller,
                          const metadata::BrokerRegistration& broker) {
  const auto own = parts.advertised.find(caller.listener);
  const bool is_self = broker.id == parts.self;
  if (own == parts.advertised.end())
    return is_self ? caller.local : registered(broker, caller.listener, 0);
  const std::size_t place = fitting(own->second, caller.local);
  return is_self ? own->second[place].told : registered(broker, caller.listener, place);
}

}  // namespace ropewalk::service
