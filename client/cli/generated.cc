#include "client/cli/generated.h"

#include "client/cli/app_outline.h"
#include "common/outline/bash_completion.h"
#include "common/outline/man_page.h"
#include "common/outline/zsh_completion.h"
#include "common/version.h"

namespace ropewalk::cli {
namespace {

std::string man_page_of(const outline::Command& program) {
  outline::ManPage page{.name = program.name,
                        .version = fmt::format("ropewalk {}", version()),
                        .brief = "talk to a Ropewalk cluster",
                        .synopsis = outline::synopsis_of(program)};
  page.sections.push_back(
      {"DESCRIPTION",
       "Creates, shows and changes topics of a Ropewalk cluster, sends lines to them as records, "
       "prints and deletes records, and measures how fast a topic takes and gives them.\n"
       "The options of the program itself may stand behind each command."});
  for (outline::Section& section : outline::sections_of(program))
    page.sections.push_back(std::move(section));
  page.sections.push_back(
      {.title = "ENVIRONMENT",
       .entries = {{"ROPEWALK_BROKERS", "HOST:PORT[,HOST:PORT...], where --brokers is not given."},
                   {"NO_COLOR", "If it is set and not empty, no colours are used."}}});
  page.sections.push_back({.title = "EXIT STATUS",
                           .entries = {{"0", "Done."},
                                       {"1", "Failed; the reason is on standard error."},
                                       {"2", "Wrong usage."}}});
  page.sections.push_back({"SEE ALSO", "ropewalkd(8), ropewalkd.conf(5)"});
  return outline::roff(page);
}

}  // namespace

void GeneratedText::define(CLI::App& app) {
  completion_ = app.add_subcommand("completion", "Print a shell's completion of this command");
  completion_->group("");
  completion_->add_option("SHELL", shell_, "For which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  man_ = app.add_subcommand("man", "Print the manual page of this command");
  man_->group("");
}

std::optional<Leave> GeneratedText::asked(const CLI::App& app) const {
  if (man_->parsed()) return Leave{man_page_of(outline_of(app)), 0};
  if (!completion_->parsed()) return std::nullopt;
  const std::string origin = fmt::format("ropewalk completion {}", shell_);
  const outline::Command program = outline_of(app);
  return Leave{shell_ == "zsh" ? outline::zsh_completion(program, origin)
                               : outline::bash_completion(program, origin),
               0};
}

}  // namespace ropewalk::cli
