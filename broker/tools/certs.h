// `ropewalkd certs`: what the brokers of a cluster prove to each other who they are by.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::tools {

inline constexpr int kCertificateDays = 825;
inline constexpr int kCertificateDaysMax = 36'500;

struct MakeCertificates {
  std::string directory;  // Made if it is missing.
  std::vector<BrokerId> brokers;
  int days = kCertificateDays;
};

// An authority (ca.crt, ca.key) unless there is one, and broker-N.crt and broker-N.key for each
// broker in the place of what is there; one line a pair. Errors: io_error, corrupt (the authority
// that is there), not_found (half of it).
Result<void> make_certificates(const MakeCertificates& command,
                               const std::function<void(std::string_view)>& print);

}  // namespace ropewalk::tools
