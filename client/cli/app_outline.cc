#include "client/cli/app_outline.h"

#include "client/cli/flags.h"
#include "common/settings/definition.h"

namespace ropewalk::cli {
namespace {

// Behind the name of a type stand the words of a check such as IsMember: "TEXT:{all,1,0}".
std::vector<std::string> words_of(const std::string& type) {
  const std::size_t open = type.find(":{");
  const std::size_t close = type.find('}', open == std::string::npos ? type.size() : open);
  if (close == std::string::npos) return {};
  auto words = settings::split_list(type.substr(open + 2, close - open - 2));
  std::erase(words, "...");  // Of among_others().
  return words;
}

outline::Value value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  outline::Value value{.name = type.substr(0, type.find(':')), .words = words_of(type)};
  if (value.name == kFileType) value.takes = outline::Takes::file;
  return value;
}

outline::Option option_of(const CLI::Option& option) {
  outline::Option out{.help = option.get_description()};
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  const bool has_value = option.get_items_expected_max() > 0;
  if (has_value) out.value = value_of(option);
  out.repeats = option.get_items_expected_max() > 1;
  const std::string initial = option.get_default_str();
  if (has_value && !initial.empty()) out.help += fmt::format(". Default: {}", initial);
  return out;
}

outline::Positional positional_of(const CLI::Option& option) {
  outline::Positional out{.value = value_of(option),
                          .many = option.get_items_expected_max() > 1,
                          .help = option.get_description()};
  out.value.name = option.get_name(true);
  return out;
}

}  // namespace

outline::Command outline_of(const CLI::App& app) {
  outline::Command out{.name = app.get_name(),
                       .help = app.get_description(),
                       .options_reach_below = app.get_fallthrough()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional())
      out.positionals.push_back(positional_of(*option));
    else
      out.options.push_back(option_of(*option));
  }
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!below->get_group().empty()) out.commands.push_back(outline_of(*below));
  return out;
}

}  // namespace ropewalk::cli
