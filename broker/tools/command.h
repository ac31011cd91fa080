// What `ropewalkd` is asked to do, out of its arguments. Pure.
//
// The settings of the daemon and of `format` are not looked at here (common/settings does); they
// print their own --help.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "broker/tools/certs.h"
#include "common/outline/outline.h"
#include "common/settings/command_line.h"

namespace ropewalk::tools {

struct Serve {
  std::vector<std::string> settings;
};
struct Format {
  std::vector<std::string> settings;
};
// Prints an id that nobody has yet: of a cluster, or of a data directory.
struct NewId {};
struct DumpLog {
  std::string file;
};
struct VerifyLog {
  std::vector<std::string> paths;  // Data directories and segment files.
};
struct DumpMetadata {
  std::string directory;
};
// What to print, and with which exit status to leave: 0 for help, 2 for wrong usage.
struct Leave {
  std::string text;
  int status = 0;
};
using Command =
    std::variant<Serve, Format, NewId, DumpLog, VerifyLog, DumpMetadata, MakeCertificates, Leave>;

Command parse_command(std::span<const std::string> arguments);

// The daemon, and `ropewalkd format`, as common/settings sees them.
settings::Program daemon_program();
settings::Program format_program();

// The tools but `format`, for completion and the manual.
std::vector<outline::Command> other_tools();

}  // namespace ropewalk::tools
