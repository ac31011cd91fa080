// A daemon's command line: every setting as a flag, --config FILE, --help and --version.
//
// The library behind it is seen by command_line.cc only.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/settings/definition.h"
#include "common/settings/source.h"

namespace ropewalk::settings {

struct Program {
  std::string name;         // As it is called, "ropewalkd format".
  std::string description;  // What it is, and what else it can do; stands above the flags.
  std::string version;      // All that --version prints.
  // Whose settings --help shows; empty: all. The others are accepted all the same.
  std::vector<std::string> sections_shown = {};

  bool shows(const std::string& section) const;
};

inline constexpr const char* kConfigHelp =
    "File of settings; the keys are the flags' names with _.";
// What --help says of a flag.
std::string described(const Definition& definition);

// The door to the outside, handed in.
struct Outside {
  Environ environ;
  std::function<Result<std::string>(const std::string& path)> read_file;
};

// Fills the struct behind the schema from flags, environment and file, in this precedence. When the
// user asked for --help or --version the text is returned, and nothing else is to be done. Errors:
// invalid_setting; what read_file answers.
Result<std::optional<std::string>> load(const Schema& schema, const Program& program,
                                        std::span<const std::string> arguments,
                                        const Outside& outside);

}  // namespace ropewalk::settings
