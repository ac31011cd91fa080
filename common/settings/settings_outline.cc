#include "common/settings/settings_outline.h"

#include <algorithm>

namespace ropewalk::settings {
namespace {

outline::Option option_of(const Definition& definition) {
  outline::Value value{.name = "VALUE", .words = definition.words};
  if (definition.is_directory) value = {.name = "DIR", .takes = outline::Takes::directory};
  return {.names = {definition.flag()},
          .value = std::move(value),
          .value_may_miss = definition.is_switch,
          .help = described(definition),
          .section = definition.section};
}

}  // namespace

std::vector<outline::Option> options_of(const Schema& schema, const Program& program) {
  std::vector<outline::Option> options = {
      {.names = {"-h", "--help"}, .help = "Print what there is, and exit."},
      {.names = {"--version"}, .help = "Print the version, and exit."},
      {.names = {"--config"},
       .value = outline::Value{.name = "FILE", .takes = outline::Takes::file},
       .help = kConfigHelp}};
  for (const Definition& definition : schema.definitions())
    if (program.shows(definition.section)) options.push_back(option_of(definition));
  return options;
}

std::vector<outline::Section> file_sections(const Schema& schema) {
  std::vector<outline::Section> sections;
  for (const Definition& definition : schema.definitions()) {
    auto at = std::ranges::find(sections, definition.section, &outline::Section::title);
    if (at == sections.end()) at = sections.insert(at, outline::Section{definition.section});
    at->entries.push_back({definition.key, described(definition)});
  }
  return sections;
}

}  // namespace ropewalk::settings
