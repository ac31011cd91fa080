// The addresses that the settings name for a listener (`advertised`), and which of them a client is
// told.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/env/environment.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/settings/host_port.h"

namespace ropewalk::service {

struct AdvertisedAddress {
  env::Endpoint told;
  std::vector<std::string> addresses = {};  // Of its host, as they were when the broker started.
};
// By listener, in the order of the settings; a listener without any is not there.
using Advertised = std::map<std::string, std::vector<AdvertisedAddress>, std::less<>>;

// The index of the one that fits a client which has reached us at `local`: whose host is that
// address, and also its port is that port; else whose host is that address; else the first. Of
// several the first. Pre: there is one.
std::size_t fitting(std::span<const AdvertisedAddress> names, const env::Endpoint& local);

// Looks the hosts up, where a listener has several: nobody does when a client asks. One that cannot
// be found in time fits nobody; the log says so.
Task<Advertised> look_up_advertised(
    env::Environment& environment,
    const std::map<std::string, std::vector<settings::HostPort>>& wanted,
    env::MonotonicTime deadline);

}  // namespace ropewalk::service
