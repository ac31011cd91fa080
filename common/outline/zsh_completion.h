// Completion for zsh, out of an outline.
#pragma once

#include <string>

#include "common/outline/outline.h"

namespace ropewalk::outline {

// A file for $fpath, called _PROGRAM; it may also be sourced. `origin`: what made it, for its
// comment.
std::string zsh_completion(const Command& program, const std::string& origin);

}  // namespace ropewalk::outline
