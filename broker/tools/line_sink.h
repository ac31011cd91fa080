// Where the offline looks print to.
#pragma once

#include <functional>
#include <string_view>

namespace ropewalk::tools {

using LineSink = std::function<void(std::string_view)>;  // Without the line break.

}  // namespace ropewalk::tools
