// Where a client reaches the brokers.
#pragma once

#include "broker/metadata/image.h"
#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/network.h"

namespace ropewalk::service {

// The address of the listener that the caller used, on that broker; an empty host where the broker
// has none. This broker is where the caller has reached it, unless the settings name addresses
// (`advertised`), of which the one that fits is told: so that this host, a container and another
// machine are each told one that they can use, and never 0.0.0.0. Of another broker with several
// the one in the same place: brokers of a cluster name their networks in the same order.
env::Endpoint address_for(const Parts& parts, const security::Caller& caller,
                          const metadata::BrokerRegistration& broker);

}  // namespace ropewalk::service
