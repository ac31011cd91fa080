// What is said about a command line that is wrong, by options.cc alone: it sees CLI11.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/options.h"

namespace ropewalk::cli {

// What is wrong with it: an unknown command or option goes before what is missing, and names the
// nearest that there is. Pre: parsing has thrown this.
std::string words_of(const CLI::App& app, const CLI::ParseError& error);

// The words, and whose --help to look at.
Leave wrong_usage(const CLI::App& app, const std::string& words);

}  // namespace ropewalk::cli
