// What is made of the command line: completion and the manual.
#include "client/cli/options.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::variant<Options, Leave> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ropewalk");
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), "");
}
Leave leave(std::vector<const char*> arguments) {
  auto parsed = parse(std::move(arguments));
  if (std::holds_alternative<Options>(parsed)) ADD_FAILURE() << "is a command";
  return std::get<Leave>(std::move(parsed));
}
TEST(CliGenerated, CompletionKnowsTheWordsThatAreChecked) {
  const Leave bash = leave({"completion", "bash"});
  EXPECT_EQ(bash.status, 0);
  EXPECT_THAT(bash.text, HasSubstr("'ropewalk produce --acks') words='all 1 0' ;;"));
  EXPECT_THAT(bash.text, HasSubstr("'ropewalk consume --format') words='text json' ;;"));
  EXPECT_THAT(bash.text, HasSubstr("'ropewalk consume --from') words='beginning end' ;;"));
  EXPECT_THAT(bash.text, HasSubstr("'ropewalk produce --file') kind=file ;;"));
  // A switch takes no value; --brokers stands at each command.
  EXPECT_THAT(bash.text, HasSubstr("options='-h --help --json --version --brokers'\n"
                                   "      valued='--brokers' ;;"));
  EXPECT_THAT(leave({"completion", "zsh"}).text, HasSubstr("#compdef ropewalk\n"));
}

TEST(CliGenerated, TheManualHasEachCommandAndDefault) {
  const std::string page = leave({"man"}).text;
  EXPECT_THAT(page, HasSubstr(".SS \"ropewalk topic create [OPTIONS] NAME\""));
  EXPECT_THAT(page, HasSubstr(".B \"\\-\\-compression TEXT\"\nnone, gzip, snappy, lz4 or zstd. "
                              "Default: none\n"));
  EXPECT_THAT(page, HasSubstr("Default: 127.0.0.1:9192"));
}

TEST(CliGenerated, WhatMakesThemIsHiddenAndStillChecked) {
  EXPECT_THAT(leave({"--help"}).text, Not(HasSubstr("completion")));
  EXPECT_THAT(leave({"completion", "bash"}).text, Not(HasSubstr("'ropewalk completion')")));
  EXPECT_THAT(leave({"man"}).text, Not(HasSubstr("ropewalk completion")));
  EXPECT_EQ(leave({"completion"}).status, 2);
  EXPECT_EQ(leave({"completion", "fish"}).status, 2);
  EXPECT_THAT(leave({"completion", "fish"}).text, HasSubstr("{bash,zsh}"));
}

}  // namespace
}  // namespace ropewalk::cli
