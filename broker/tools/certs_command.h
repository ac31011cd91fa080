// The arguments of `ropewalkd certs`. Pure.
#pragma once

#include <span>
#include <string>

#include "broker/tools/certs.h"
#include "common/error.h"
#include "common/outline/outline.h"

namespace ropewalk::tools {

// Errors: invalid_request with what is wrong.
Result<MakeCertificates> parse_certs(std::span<const std::string> words);
std::string help_of_certs();
// For completion and the manual.
outline::Command certs_outline();

}  // namespace ropewalk::tools
