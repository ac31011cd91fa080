#include "broker/security/broker_certificate.h"

#include <fmt/format.h>

namespace ropewalk::security {

std::string certificate_name(BrokerId broker) { return fmt::format("broker-{}", broker); }

Result<void> check_certificate(const std::string& name, BrokerId broker) {
  if (name.empty() || name == certificate_name(broker)) return {};
  return fail(Errc::permission_denied,
              "it says that it is broker {}, and its certificate is that of '{}', not of '{}'",
              broker, name, certificate_name(broker));
}

}  // namespace ropewalk::security
