#include "common/outline/outline.h"

#include <algorithm>

#include <fmt/format.h>

namespace ropewalk::outline {
namespace {

bool has_name(const std::vector<const Option*>& options, const std::string& name) {
  return std::ranges::any_of(options, [&](const Option* option) {
    return std::ranges::find(option->names, name) != option->names.end();
  });
}

void add_places(const Command& command, const std::string& path,
                const std::vector<const Option*>& from_above, std::vector<Place>& into) {
  Place place{path, &command, {}};
  std::vector<const Option*> below;
  for (const Option& option : command.options) place.options.push_back(&option);
  if (command.options_reach_below) below = place.options;
  for (const Option* option : from_above) {
    below.push_back(option);
    // --help stands at every command.
    if (!has_name(place.options, option->names.front())) place.options.push_back(option);
  }
  into.push_back(std::move(place));
  for (const Command& next : command.commands)
    add_places(next, fmt::format("{} {}", path, next.name), below, into);
}

}  // namespace

std::vector<Place> places(const Command& program) {
  std::vector<Place> all;
  add_places(program, program.name, {}, all);
  return all;
}

std::string_view brief(std::string_view help) {
  std::size_t end = std::min(help.find(". "), help.find('\n'));
  end = std::min(end, help.size());
  if (end > 0 && end == help.size() && help.ends_with('.')) end--;
  return help.substr(0, end);
}

std::string function_name(std::string_view text) {
  std::string name(text);
  std::ranges::replace_if(
      name,
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
      },
      '_');
  return name;
}

std::string usage(const Command& command) {
  std::string text = command.options.empty() ? "" : "[OPTIONS]";
  for (const Positional& positional : command.positionals)
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", positional.value.name,
                        positional.many ? "..." : "");
  if (!command.commands.empty() && !command.runs_alone)
    text += text.empty() ? "COMMAND" : " COMMAND";
  return text;
}

}  // namespace ropewalk::outline
