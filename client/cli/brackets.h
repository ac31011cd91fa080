// Arguments as they were typed, where CLI11 would take "[a,b]" for a list of two: for options.cc
// alone.
//
// Such an argument goes through CLI11 with a character in front that hides its bracket.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace ropewalk::cli {

// Without the program's name and from the last to the first, as CLI::App::parse() takes them.
std::vector<std::string> protected_brackets(int argc, const char* const* argv);
// Values are stored without what protects them. Once, after all options are defined.
void undo_protection(CLI::App& app);
// The same for words about the command line.
std::string without_protection(std::string text);

}  // namespace ropewalk::cli
