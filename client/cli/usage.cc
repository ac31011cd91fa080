#include "client/cli/usage.h"

#include "common/nearest.h"

namespace ropewalk::cli {
namespace {

constexpr int kWrongUsage = 2;

// The innermost command that was named: in "topic create", create.
const CLI::App& named_command(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

// "topic create"; empty for the program itself.
std::string path_of(const CLI::App& command) {
  const CLI::App* above = command.get_parent();
  if (above == nullptr) return {};
  const std::string path = path_of(*above);
  return path.empty() ? command.get_name() : fmt::format("{} {}", path, command.get_name());
}

std::vector<std::string> commands_below(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; }))
    if (!below->get_group().empty()) names.push_back(below->get_name());  // Hidden without one.
  return names;
}

// Its options and those above it, which may stand here too.
std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent())
    for (const CLI::Option* option : at->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// "ropewalk topic create".
std::string see(const CLI::App& command) {
  const std::string path = path_of(command);
  return path.empty() ? "ropewalk" : fmt::format("ropewalk {}", path);
}

std::string unknown_command(const CLI::App& command, const std::string& typed) {
  const std::vector<std::string> known = commands_below(command);
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string path = path_of(command);
  const std::string all = fmt::format("{}", fmt::join(known, ", "));
  if (path.empty())
    return fmt::format("there is no command '{}' (there are {}){}", typed, all,
                       did_you_mean(typed, views));
  return fmt::format("there is no command '{} {}' ({} has {}){}", path, typed, path, all,
                     did_you_mean(typed, views, path + " "));
}

std::string unknown_option(const CLI::App& command, const std::string& typed) {
  const std::vector<std::string> known = options_of(command);
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string name = typed.substr(0, typed.find('='));
  const std::string path = path_of(command);
  const std::string meant = did_you_mean(name, views);
  if (path.empty()) return fmt::format("there is no option {}{}", name, meant);
  return fmt::format("{} has no option {}{}", path, name, meant);
}

}  // namespace

std::string words_of(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = named_command(app);
  const std::vector<std::string> commands = commands_below(command);
  const std::vector<std::string> unexpected = app.remaining(true);
  if (!unexpected.empty()) {
    const std::string& first = unexpected.front();
    if (first.starts_with('-')) return unknown_option(command, first);
    if (!commands.empty()) return unknown_command(command, first);
    return fmt::format("'{}' was not expected", first);
  }
  const bool something_misses = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (something_misses && !commands.empty())
    return fmt::format("'{}' needs a command: {}", see(command), fmt::join(commands, ", "));
  return error.what();
}

Leave wrong_usage(const CLI::App& app, const std::string& words) {
  return {fmt::format("ropewalk: {}\nSee {} --help\n", words, see(named_command(app))),
          kWrongUsage};
}

}  // namespace ropewalk::cli
