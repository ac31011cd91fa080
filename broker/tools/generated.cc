#include "broker/tools/generated.h"

#include <iterator>

#include "broker/tools/command.h"
#include "common/outline/bash_completion.h"
#include "common/outline/man_page.h"
#include "common/outline/zsh_completion.h"
#include "common/settings/broker_settings.h"
#include "common/settings/settings_outline.h"

namespace ropewalk::tools {
namespace {

outline::Command daemon_outline() {
  BrokerSettings defaults;
  const settings::Schema schema = broker_schema(defaults);
  const settings::Program format = format_program();
  outline::Command daemon{.name = "ropewalkd",
                          .options = settings::options_of(schema, daemon_program()),
                          .runs_alone = true};
  daemon.commands.push_back({.name = "format",
                             .help = format.description,
                             .options = settings::options_of(schema, format)});
  for (outline::Command& tool : other_tools()) daemon.commands.push_back(std::move(tool));
  return daemon;
}

void append(std::vector<outline::Section>& to, std::vector<outline::Section> more) {
  std::ranges::move(more, std::back_inserter(to));
}

}  // namespace

std::string daemon_bash_completion() {
  return outline::bash_completion(daemon_outline(), "ropewalkd completion bash");
}

std::string daemon_zsh_completion() {
  return outline::zsh_completion(daemon_outline(), "ropewalkd completion zsh");
}

std::string daemon_man_page() {
  const outline::Command daemon = daemon_outline();
  outline::ManPage page{.name = "ropewalkd",
                        .volume = 8,
                        .version = daemon_program().version,
                        .brief = "the broker of Ropewalk",
                        .synopsis = outline::synopsis_of(daemon)};
  page.sections.push_back(
      {"DESCRIPTION",
       "Without a command it serves: it stays in the foreground, logs to standard error, and "
       "prints "
       "one line to standard output when it is ready, with the addresses where it listens. SIGTERM "
       "and SIGINT stop it in order.\n"
       "The commands look at data directories or prepare them."});
  append(page.sections, outline::sections_of(daemon));
  page.sections.push_back(
      {"ENVIRONMENT",
       "Every setting is also a variable: ROPEWALK_DATA_DIR for --data-dir. A flag beats the "
       "environment, the environment beats the file."});
  page.sections.push_back({.title = "EXIT STATUS",
                           .entries = {{"0", "Stopped as asked, or done."},
                                       {"1", "Failed; the reason is on standard error."},
                                       {"2", "Wrong usage, or wrong settings."}}});
  page.sections.push_back({"SEE ALSO", "ropewalk(1), ropewalkd.conf(5)"});
  return outline::roff(page);
}

std::string settings_man_page() {
  BrokerSettings defaults;
  outline::ManPage page{.name = "ropewalkd.conf",
                        .volume = 5,
                        .version = daemon_program().version,
                        .brief = "settings of the broker of Ropewalk"};
  page.sections.push_back(
      {"DESCRIPTION",
       "A file that ropewalkd reads when it is named with --config. It has lines KEY = VALUE; a "
       "comment begins with # at the start of a line or behind a blank. A value may stand in "
       "double "
       "quotes, a list is separated by commas. An unknown key stops the start."});
  append(page.sections, settings::file_sections(broker_schema(defaults)));
  page.sections.push_back({"SEE ALSO", "ropewalkd(8)"});
  return outline::roff(page);
}

}  // namespace ropewalk::tools
