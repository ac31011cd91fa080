#include "broker/tools/command.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "broker/tools/certs_command.h"
#include "broker/tools/generated.h"
#include "common/nearest.h"
#include "common/version.h"

namespace ropewalk::tools {
namespace {

constexpr int kWrongUsage = 2;

// A tool that takes one path, or several.
struct Tool {
  std::string_view group;
  std::string_view verb;
  std::string_view takes;
  std::string_view help;
  outline::Takes kind;
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
         outline::Takes::file,
         [](std::vector<std::string> paths) -> Command { return DumpLog{std::move(paths[0])}; }},
    Tool{"log", "verify", "DIR",
         "Checks all that data directories hold, or single segment files: headers, checksums, "
         "offsets "
         "without gaps, epochs that do not fall, indexes, checkpoints, metadata. One line a "
         "problem, and a summary; status 1 if there are problems. Changes nothing, and may run "
         "beside a broker.",
         outline::Takes::path,
         [](std::vector<std::string> paths) -> Command { return VerifyLog{std::move(paths)}; },
         true},
    Tool{"metadata", "dump", "DIR",
         "Prints what the data directory of a stopped broker holds of the cluster's metadata, one "
         "JSON "
         "object a line.",
         outline::Takes::directory,
         [](std::vector<std::string> paths) -> Command {
           return DumpMetadata{std::move(paths[0])};
         }},
};
constexpr std::array<std::string_view, 5> kCommands{"format", "new-id", "certs", "log", "metadata"};
constexpr std::string_view kNewIdHelp =
    "Prints a new id: for cluster_id, or for a directory in quorum_voters. Every call another one.";
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

Command parse_new_id(std::span<const std::string> rest) {
  if (std::ranges::any_of(rest, asks_for_help))
    return Leave{fmt::format("{}\nUsage: ropewalkd new-id\n", kNewIdHelp), 0};
  if (!rest.empty())
    return wrong_usage(fmt::format("'{}' was not expected: new-id takes nothing", rest[0]),
                       "ropewalkd new-id");
  return NewId{};
}

Command parse_certs_command(std::span<const std::string> rest) {
  if (std::ranges::any_of(rest, asks_for_help)) return Leave{help_of_certs(), 0};
  auto parsed = parse_certs(rest);
  if (!parsed) return wrong_usage(parsed.error().context, "ropewalkd certs");
  return *std::move(parsed);
}

std::string describe_tools() {
  std::string text =
      "Offline tools, each with a --help of its own:\n  ropewalkd format [OPTIONS]\n  ropewalkd "
      "new-id\n  ropewalkd certs DIR --brokers N[,N...]";
  for (const Tool& tool : kTools) text += fmt::format("\n  {}", tool.usage());
  return text;
}

// Neither is listed: they are for packagers and installers.
std::optional<Command> parse_generated(std::span<const std::string> arguments) {
  const std::string all = fmt::format("{}", fmt::join(arguments, " "));
  if (all == "completion bash") return Leave{daemon_bash_completion(), 0};
  if (all == "completion zsh") return Leave{daemon_zsh_completion(), 0};
  if (all == "man") return Leave{daemon_man_page(), 0};
  if (all == "man ropewalkd.conf") return Leave{settings_man_page(), 0};
  if (arguments[0] == "completion")
    return wrong_usage("completion needs a shell: bash or zsh", "ropewalkd");
  if (arguments[0] == "man")
    return wrong_usage("man takes nothing, or ropewalkd.conf for the file of settings",
                       "ropewalkd");
  return std::nullopt;
}

}  // namespace

Command parse_command(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments[0].starts_with('-'))
    return Serve{{arguments.begin(), arguments.end()}};
  const std::string& first = arguments[0];
  const auto rest = arguments.subspan(1);
  if (auto generated = parse_generated(arguments)) return std::move(*generated);
  if (first == "format") return Format{{rest.begin(), rest.end()}};
  if (first == "new-id") return parse_new_id(rest);
  if (first == "certs") return parse_certs_command(rest);
  if (!tools_of(first).empty()) return parse_group(first, rest);
  return wrong_usage(fmt::format("there is no command '{}' (there are {}; without one the broker "
                                 "serves){}",
                                 first, fmt::join(kCommands, ", "), did_you_mean(first, kCommands)),
                     "ropewalkd");
}

settings::Program daemon_program() {
  return {.name = "ropewalkd",
          .description = "The broker of Ropewalk.\n" + describe_tools(),
          .version = fmt::format("ropewalkd {}", version())};
}

settings::Program format_program() {
  return {
      .name = "ropewalkd format",
      .description =
          "Makes empty data directories those of one broker. Without quorum_voters it is a "
          "cluster of one; a broker does the same when it starts, so that this is for naming the "
          "cluster. With broker_id among 3 or 5 quorum_voters, each ID@HOST:PORT:DIRECTORY_ID, it "
          "is one of the first voters: format each of them with the same cluster_id and "
          "quorum_voters ('ropewalkd new-id' prints ids), then start them. With broker_id not "
          "among quorum_voters it joins the cluster cluster_id.\n"
          "It takes all settings of ropewalkd, so that one file serves both; below are those that "
          "it heeds.",
      .version = fmt::format("ropewalkd {}", version()),
      .sections_shown = {"Identity"}};
}

std::vector<outline::Command> other_tools() {
  std::vector<outline::Command> groups;
  outline::Command& new_id =
      groups.emplace_back(outline::Command{.name = "new-id", .help = std::string(kNewIdHelp)});
  new_id.options.push_back({.names = {"-h", "--help"}, .help = "Print what it does, and exit."});
  groups.push_back(certs_outline());
  for (const Tool& tool : kTools) {
    if (groups.empty() || groups.back().name != tool.group)
      groups.push_back({.name = std::string(tool.group), .help = "Offline tools."});
    outline::Command verb{.name = std::string(tool.verb), .help = std::string(tool.help)};
    verb.options.push_back({.names = {"-h", "--help"}, .help = "Print what it does, and exit."});
    verb.positionals.push_back(
        {.value = {.name = std::string(tool.takes), .takes = tool.kind}, .many = tool.many});
    groups.back().commands.push_back(std::move(verb));
  }
  return groups;
}

}  // namespace ropewalk::tools
