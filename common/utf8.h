// Whether bytes are text.
#pragma once

#include <string_view>

namespace ropewalk {

// RFC 3629, section 4: neither overlong forms nor surrogates nor beyond U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace ropewalk
