// Which Ropewalk this is. CMake's project(VERSION) is the one place that says it.
#pragma once

#include <string_view>

namespace ropewalk {

std::string_view version();  // "0.1.0".

}  // namespace ropewalk
