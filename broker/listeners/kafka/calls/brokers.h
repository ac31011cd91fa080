// The brokers of a cluster, for the calls that list them. Pure.
#pragma once

#include <cstdint>

#include "broker/service/metadata.h"

namespace ropewalk::kafka {

// Sets the controller, too. `id`: the field of a broker that its number belongs in.
template <class Response, class Broker>
void write_brokers(const service::MetadataResponse& metadata, std::int32_t Broker::* id,
                   Response& response) {
  for (const service::BrokerMetadata& broker : metadata.brokers) {
    // Fenced, or without a listener of this kind: of no use to anybody who asks here.
    if (broker.fenced || broker.host.empty()) continue;
    Broker& into = response.brokers.emplace_back();
    into.*id = broker.id.value();
    into.host = broker.host;
    into.port = broker.port;
    if (!broker.rack.empty()) into.rack = broker.rack;
    if (broker.id == metadata.controller) response.controller_id = broker.id.value();
  }
}

}  // namespace ropewalk::kafka
