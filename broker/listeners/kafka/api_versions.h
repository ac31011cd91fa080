// Which calls are served, in which versions: what ApiVersions answers.
#pragma once

#include <cstdint>

#include "broker/listeners/kafka/messages/api_versions.h"
#include "common/error.h"

namespace ropewalk::kafka {

ApiVersionsResponse served_api_versions();
// Tells, beside the error, which versions of ApiVersions itself there are.
ApiVersionsResponse refused_api_versions(Errc code);

// The names that a client calls its software by (KIP-511): letters, digits, '-' and '.', neither of
// the last two at an end. Errors: invalid_request.
Result<void> check_software(const ApiVersionsRequest& message, std::int16_t version);

}  // namespace ropewalk::kafka
