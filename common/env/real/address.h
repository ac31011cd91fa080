// Socket addresses, and names on their way to them.
#pragma once

#include <string>
#include <vector>

#include <sys/socket.h>

#include "common/env/network.h"
#include "common/error.h"

namespace ropewalk::env::real {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  Endpoint endpoint() const;
};

// Of a numeric host, without asking anybody; nothing for a name.
std::vector<Address> numeric_address(const Endpoint& endpoint);
// Asks the system's resolver and may take seconds. Errors: not_found.
Result<std::vector<Address>> resolve_blocking(const Endpoint& endpoint);

Endpoint local_endpoint(int socket);
Endpoint remote_endpoint(int socket);

}  // namespace ropewalk::env::real
