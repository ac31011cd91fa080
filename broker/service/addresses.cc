#include "broker/service/addresses.h"

namespace ropewalk::service {

env::Endpoint address_for(const Parts& parts, const security::Caller& caller,
                          const metadata::BrokerRegistration& broker) {
  if (broker.id == parts.self && !parts.advertised.contains(caller.listener)) return caller.local;
  for (const metadata::BrokerListener& listener : broker.listeners)
    if (listener.name == caller.listener) return {listener.host, listener.port};
  return {};
}

}  // namespace ropewalk::service
