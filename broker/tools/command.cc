#include "broker/tools/command.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "common/nearest.h"

namespace ropewalk::tools {
namespace {

constexpr int kWrongUsage = 2;

// A tool that takes one path, or several.
struct Tool {
  std::string_view group;
  std::string_view verb;
  std::string_view takes;
  std::string_view help;
  Command (*make)(std::vector<std::string> paths);
  bool many = false;

  std::string name() const { return fmt::format("{} {}", group, verb); }
  std::string usage() const {
    return fmt::format("ropewalkd {} {} {}{}", group, verb, takes, many ? "..." : "");
  }
};
constexpr std::array kTools{
    Tool{"log", "dump", "FILE",
         "Prints the header of a partition's segment file and one line a batch, up to what does "
         "not check.",
         [](std::vector<std::string> paths) -> Command { return DumpLog{std::move(paths[0])}; }},
    Tool{"log", "verify", "DIR",
         "Checks all that data directories hold, or single segment files: headers, checksums, "
         "offsets "
         "without gaps, epochs that do not fall, indexes, checkpoints, metadata. One line a "
         "problem, and a summary; status 1 if there are problems. Changes nothing, and may run "
         "beside a broker.",
         [](std::vector<std::string> paths) -> Command { return VerifyLog{std::move(paths)}; },
         true},
    Tool{"metadata", "dump", "DIR",
         "Prints what the data directory of a stopped broker holds of the cluster's metadata, one "
         "JSON "
         "object a line.",
         [](std::vector<std::string> paths) -> Command {
           return DumpMetadata{std::move(paths[0])};
         }},
};
constexpr std::array<std::string_view, 3> kCommands{"format", "log", "metadata"};
constexpr std::array<std::string_view, 2> kHelpFlags{"--help", "-h"};

bool asks_for_help(std::string_view argument) {
  return std::ranges::find(kHelpFlags, argument) != kHelpFlags.end();
}

// `see`: whose --help tells more; "ropewalkd", "ropewalkd log".
Leave wrong_usage(std::string_view what, std::string_view see) {
  return {fmt::format("ropewalkd: {}\nSee {} --help\n", what, see), kWrongUsage};
}

std::vector<const Tool*> tools_of(std::string_view group) {
  std::vector<const Tool*> tools;
  for (const Tool& tool : kTools)
    if (tool.group == group) tools.push_back(&tool);
  return tools;
}

Leave help_of_group(std::string_view group) {
  std::string text = "Offline tools. Usage:\n";
  for (const Tool* tool : tools_of(group))
    text += fmt::format("\n  {}\n    {}\n", tool->usage(), tool->help);
  return {text, 0};
}

Command parse_tool(const Tool& tool, std::span<const std::string> rest) {
  if (std::ranges::any_of(rest, asks_for_help))
    return Leave{fmt::format("{}\nUsage: {}\n", tool.help, tool.usage()), 0};
  const std::string see = fmt::format("ropewalkd {}", tool.name());
  for (const std::string& argument : rest)
    if (argument.starts_with('-'))
      return wrong_usage(fmt::format("{} has no option {}{}", tool.name(), argument,
                                     did_you_mean(argument, kHelpFlags)),
                         see);
  if (rest.empty() || std::ranges::find(rest, "") != rest.end())
    return wrong_usage(fmt::format("{} needs a {}", tool.name(), tool.takes), see);
  if (rest.size() > 1 && !tool.many)
    return wrong_usage(
        fmt::format("'{}' was not expected: {} takes one {}", rest[1], tool.name(), tool.takes),
        see);
  return tool.make({rest.begin(), rest.end()});
}

Command parse_group(std::string_view group, std::span<const std::string> rest) {
  std::vector<std::string_view> verbs;
  for (const Tool* tool : tools_of(group)) verbs.push_back(tool->verb);
  const std::string see = fmt::format("ropewalkd {}", group);
  if (rest.empty())
    return wrong_usage(fmt::format("{} needs a command: {}", group, fmt::join(verbs, " or ")), see);
  if (asks_for_help(rest[0])) return help_of_group(group);
  for (const Tool* tool : tools_of(group))
    if (tool->verb == rest[0]) return parse_tool(*tool, rest.subspan(1));
  return wrong_usage(
      fmt::format("there is no command '{} {}' ({} has {}){}", group, rest[0], group,
                  fmt::join(verbs, ", "), did_you_mean(rest[0], verbs, fmt::format("{} ", group))),
      see);
}

}  // namespace

Command parse_command(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments[0].starts_with('-'))
    return Serve{{arguments.begin(), arguments.end()}};
  const std::string& first = arguments[0];
  const auto rest = arguments.subspan(1);
  if (first == "format") return Format{{rest.begin(), rest.end()}};
  if (!tools_of(first).empty()) return parse_group(first, rest);
  return wrong_usage(fmt::format("there is no command '{}' (there are {}; without one the broker "
                                 "serves){}",
                                 first, fmt::join(kCommands, ", "), did_you_mean(first, kCommands)),
                     "ropewalkd");
}

std::string describe_tools() {
  std::string text = "Offline tools, each with a --help of its own:\n  ropewalkd format [OPTIONS]";
  for (const Tool& tool : kTools) text += fmt::format("\n  {}", tool.usage());
  return text;
}

}  // namespace ropewalk::tools
