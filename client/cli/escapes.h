// Characters that are hard to type, written as \n, \r, \t, \0, \\ or \xHH. Pure.
//
// All errors are invalid_request and name the escapes that there are.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::cli {

// For messages.
inline constexpr std::string_view kEscapes = "\\n \\r \\t \\0 \\\\ \\xHH";

// Takes an escape off the front of the text, which begins with its backslash.
Result<char> take_escape(std::string_view& text);

Result<std::string> unescape(std::string_view text);

}  // namespace ropewalk::cli
