// Commands of the user's for the shell.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::cli {

// With every {name} in it put in the place of that value.
std::string with_placeholder(std::string command, std::string_view name, std::string_view value);

// Runs it by /bin/sh with our environment, and waits for it; what it prints goes to our stderr.
// Errors: io_error (it could not be run, or its status was not 0).
Result<void> run_in_shell(const std::string& command);

}  // namespace ropewalk::cli
