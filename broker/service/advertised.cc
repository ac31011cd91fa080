#include "broker/service/advertised.h"

#include <algorithm>
#include <utility>

#include "common/log.h"

namespace ropewalk::service {

std::size_t fitting(std::span<const AdvertisedAddress> names, const env::Endpoint& local) {
  const auto index_where = [&](auto fits) {
    return static_cast<std::size_t>(std::ranges::find_if(names, fits) - names.begin());
  };
  const auto has_host = [&](const AdvertisedAddress& name) {
    return std::ranges::find(name.addresses, local.host) != name.addresses.end();
  };
  const auto has_both = [&](const AdvertisedAddress& name) {
    return name.told.port == local.port && has_host(name);
  };
  if (const std::size_t index = index_where(has_both); index < names.size()) return index;
  if (const std::size_t index = index_where(has_host); index < names.size()) return index;
  return 0;
}

Task<Advertised> look_up_advertised(
    env::Environment& environment,
    const std::map<std::string, std::vector<settings::HostPort>>& wanted,
    env::MonotonicTime deadline) {
  Advertised advertised;
  for (const auto& [listener, names] : wanted) {
    for (const settings::HostPort& name : names) {
      AdvertisedAddress address{.told = {name.host, name.port}};
      if (names.size() > 1) {
        auto found = co_await environment.network().resolve(name.host, deadline);
        if (found)
          address.addresses = std::move(*found);
        else
          log_warn(
              "advertised {}={}: no address that a client reaches fits it, for its own is unknown: "
              "{}",
              listener, name.to_string(), found.error());
      }
      advertised[listener].push_back(std::move(address));
    }
  }
  co_return advertised;
}

}  // namespace ropewalk::service
