// How a certificate says whose it is, between brokers.
#pragma once

#include <string>

#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::security {

// Its common name.
std::string certificate_name(BrokerId broker);

// Whether the name by which the other end of a connection has proved who it is (empty: nothing is
// encrypted) is that of the broker that it says it is. Errors: permission_denied.
Result<void> check_certificate(const std::string& name, BrokerId broker);

}  // namespace ropewalk::security
