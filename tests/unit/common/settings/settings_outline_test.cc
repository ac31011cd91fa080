#include "common/settings/settings_outline.h"

#include <algorithm>
#include <set>

#include "common/settings/broker_settings.h"

namespace ropewalk::settings {
namespace {

const Program kWhole = {.name = "ropewalkd", .description = "", .version = ""};
const Program kPart = {
    .name = "ropewalkd format", .description = "", .version = "", .sections_shown = {"Identity"}};

// Every --word at the beginning of a line of help.
std::set<std::string> flags_in_help(const Schema& schema, const Program& program) {
  const std::vector<std::string> arguments = {"--help"};
  auto text = load(schema, program, arguments, {});
  EXPECT_TRUE(text && *text);
  std::set<std::string> flags;
  std::string_view rest = **text;
  for (std::size_t at = rest.find("  --"); at != std::string_view::npos; at = rest.find("  --")) {
    rest.remove_prefix(at + 2);
    flags.emplace(rest.substr(0, rest.find_first_of(" \n")));
  }
  return flags;
}

std::set<std::string> flags_in_outline(const Schema& schema, const Program& program) {
  std::set<std::string> flags;
  for (const outline::Option& option : options_of(schema, program))
    if (option.names.back() != "--help") flags.insert(option.names.back());
  return flags;
}

TEST(SettingsOutline, HasTheFlagsThatHelpShows) {
  BrokerSettings defaults;
  const Schema schema = broker_schema(defaults);
  for (const Program& program : {kWhole, kPart}) {
    const std::set<std::string> flags = flags_in_outline(schema, program);
    EXPECT_EQ(flags, flags_in_help(schema, program));
    EXPECT_TRUE(flags.contains("--data-dir"));
    EXPECT_EQ(flags.contains("--cores"), program.sections_shown.empty());
  }
}

TEST(SettingsOutline, WordsAreAcceptedAsValues) {
  BrokerSettings defaults;
  const Schema schema = broker_schema(defaults);
  int words = 0;
  for (const Definition& definition : schema.definitions()) {
    for (const std::string& word : definition.words) {
      EXPECT_TRUE(definition.assign(word)) << definition.key << " = " << word;
      words++;
    }
  }
  EXPECT_GT(words, 10);
}

TEST(SettingsOutline, TheFilesPageHasEveryKeyUnderItsHeading) {
  BrokerSettings defaults;
  const Schema schema = broker_schema(defaults);
  std::size_t entries = 0;
  for (const outline::Section& section : file_sections(schema)) entries += section.entries.size();
  EXPECT_EQ(entries, schema.definitions().size());
  EXPECT_EQ(file_sections(schema).front().entries.front().tag, "data_dir");
}

}  // namespace
}  // namespace ropewalk::settings
