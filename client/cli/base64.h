// Bytes as text (RFC 4648, section 4, with padding). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::cli {

std::string to_base64(std::string_view bytes);

// Nothing but whole groups of four, padded at the end: one text for each sequence of bytes. Errors:
// invalid_request.
Result<std::string> from_base64(std::string_view text);

}  // namespace ropewalk::cli
