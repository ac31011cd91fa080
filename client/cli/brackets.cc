#include "client/cli/brackets.h"

#include <algorithm>

namespace ropewalk::cli {
namespace {

constexpr char kShield = '\x1a';  // Nobody types it; if somebody does, it is shielded itself.

bool needs_shield(const std::string& argument) {
  return argument.starts_with(kShield) || (argument.starts_with('[') && argument.ends_with(']'));
}

std::string unshielded(std::string text) {
  if (text.starts_with(kShield)) text.erase(0, 1);
  return text;
}

}  // namespace

std::vector<std::string> protected_brackets(int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  for (std::string& argument : arguments)
    if (needs_shield(argument)) argument.insert(0, 1, kShield);
  std::ranges::reverse(arguments);
  return arguments;
}

void undo_protection(CLI::App& app) {
  // A transform is run before the checks that were there already.
  for (CLI::Option* option : app.get_options([](const CLI::Option*) { return true; }))
    if (option->get_items_expected_max() > 0) option->transform(unshielded);
  for (CLI::App* below : app.get_subcommands([](CLI::App*) { return true; }))
    undo_protection(*below);
}

std::string without_protection(std::string text) {
  std::erase(text, kShield);
  return text;
}

}  // namespace ropewalk::cli
