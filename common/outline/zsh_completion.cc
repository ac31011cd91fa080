#include "common/outline/zsh_completion.h"

#include <string_view>

#include <fmt/format.h>

namespace ropewalk::outline {
namespace {

std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

// ":MESSAGE:ACTION" of _arguments.
std::string asked(const Value& value) {
  std::string action = " ";
  if (!value.words.empty()) action = fmt::format("({})", fmt::join(value.words, " "));
  if (value.takes == Takes::file || value.takes == Takes::path) action = "_files";
  if (value.takes == Takes::directory) action = "_files -/";
  return fmt::format(":{}:{}", escaped(value.name, "\\:"), action);
}

std::string spec_of(const Option& option, const std::string& name) {
  std::string spec = option.repeats ? "*" : "";
  if (!option.repeats && option.names.size() > 1)
    spec = fmt::format("({})", fmt::join(option.names, " "));
  spec += name;
  if (option.value && name.starts_with("--")) spec += option.value_may_miss ? "=-" : "=";
  spec += fmt::format("[{}]", escaped(brief(option.help), "\\[]"));
  if (option.value) spec += (option.value_may_miss ? ":" : "") + asked(*option.value);
  return quoted(spec);
}

std::string positionals_of(const Command& command) {
  std::string out;
  std::size_t number = 1;
  for (const Positional& positional : command.positionals) {
    const std::string place = positional.many ? "*" : fmt::format("{}", number++);
    out += fmt::format(" \\\n    {}", quoted(place + asked(positional.value)));
  }
  return out;
}

// What chooses among the commands below.
std::string choice_of(const Place& place) {
  std::string out = "  case $state in\n    command)\n      commands=(\n";
  for (const Command& below : place.command->commands)
    out += fmt::format("        {}\n",
                       quoted(fmt::format("{}:{}", below.name, escaped(brief(below.help), "\\:"))));
  out +=
      "      )\n      _describe -t commands command commands && ret=0\n      ;;\n    rest)\n"
      "      case $line[1] in\n";
  for (const Command& below : place.command->commands)
    out += fmt::format("        {}) {} && ret=0 ;;\n", below.name,
                       function_name(fmt::format("_{} {}", place.path, below.name)));
  return out + "      esac\n      ;;\n  esac\n";
}

std::string function_of(const Place& place) {
  std::string specs;
  for (const Option* option : place.options)
    for (const std::string& name : option->names)
      specs += fmt::format(" \\\n    {}", spec_of(*option, name));
  specs += positionals_of(*place.command);
  const bool chooses = !place.command->commands.empty();
  if (chooses) specs += " \\\n    '1: :->command' \\\n    '*:: :->rest'";
  std::string out = fmt::format("\n{}() {{\n", function_name("_" + place.path));
  if (!chooses) return out + fmt::format("  _arguments -s -S{}\n}}\n", specs);
  out +=
      "  local curcontext=$curcontext state ret=1\n  local -a line commands\n"
      "  local -A opt_args\n";
  out += fmt::format("  _arguments -C -s -S{} && ret=0\n", specs);
  return out + choice_of(place) + "  return ret\n}\n";
}

}  // namespace

std::string zsh_completion(const Command& program, const std::string& origin) {
  std::string out = fmt::format("#compdef {}\n# Completion of {} for zsh, made by '{}'.\n",
                                program.name, program.name, origin);
  for (const Place& place : places(program)) out += function_of(place);
  const std::string name = function_name("_" + program.name);
  // The file is itself the function when it is found through $fpath.
  return out + fmt::format(
                   "\nif [[ $funcstack[1] == {} ]]; then\n  {} \"$@\"\nelse\n  compdef {} {}\nfi\n",
                   name, name, name, program.name);
}

}  // namespace ropewalk::outline
