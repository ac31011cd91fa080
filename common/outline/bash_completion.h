// Completion for bash, out of an outline.
#pragma once

#include <string>

#include "common/outline/outline.h"

namespace ropewalk::outline {

// A script to be sourced; needs nothing but bash 4. `origin`: what made it, for its first line.
std::string bash_completion(const Command& program, const std::string& origin);

}  // namespace ropewalk::outline
