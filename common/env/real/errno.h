// From errno to our errors.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::env::real {

// "doing: what: No space left on device", with the code that files and sockets promise.
std::unexpected<Error> fail_errno(int number, std::string_view doing, std::string_view what);

}  // namespace ropewalk::env::real
