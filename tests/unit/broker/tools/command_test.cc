#include "broker/tools/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/tools/new_id.h"

namespace ropewalk::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Command parse(std::vector<std::string> arguments) { return parse_command(arguments); }
std::string leave(std::vector<std::string> arguments, int status) {
  const Command command = parse(std::move(arguments));
  const auto* leave = std::get_if<Leave>(&command);
  if (leave == nullptr) return "it does not leave";
  EXPECT_EQ(leave->status, status) << leave->text;
  return leave->text;
}

TEST(DaemonCommand, FlagsAreSettingsOfTheDaemon) {
  EXPECT_THAT(std::get<Serve>(parse({})).settings, ElementsAre());
  EXPECT_THAT(std::get<Serve>(parse({"--data-dir", "format"})).settings,
              ElementsAre("--data-dir", "format"));
  EXPECT_THAT(std::get<Serve>(parse({"--help"})).settings, ElementsAre("--help"));
  EXPECT_THAT(std::get<Format>(parse({"format", "--data-dir", "/a"})).settings,
              ElementsAre("--data-dir", "/a"));
}

TEST(DaemonCommand, ToolsTakePaths) {
  EXPECT_EQ(std::get<DumpLog>(parse({"log", "dump", "f"})).file, "f");
  EXPECT_EQ(std::get<VerifyLog>(parse({"log", "verify", "f"})).paths,
            std::vector<std::string>{"f"});
  EXPECT_EQ(std::get<DumpMetadata>(parse({"metadata", "dump", "d"})).directory, "d");
  EXPECT_THAT(std::get<VerifyLog>(parse({"log", "verify", "d", "e"})).paths, ElementsAre("d", "e"));
  EXPECT_THAT(leave({"log", "verify", "d", ""}, 2), HasSubstr("log verify needs a DIR"));
  EXPECT_THAT(leave({"log", "dump"}, 2), HasSubstr("log dump needs a FILE"));
  EXPECT_THAT(leave({"log", "dump", ""}, 2), HasSubstr("log dump needs a FILE"));
  EXPECT_THAT(leave({"metadata", "dump"}, 2), HasSubstr("metadata dump needs a DIR"));
  EXPECT_THAT(leave({"log", "dump", "a", "b"}, 2), HasSubstr("'b' was not expected"));
  EXPECT_THAT(leave({"log", "dump", "--hlp", "a"}, 2),
              HasSubstr("log dump has no option --hlp; did you mean --help?"));
}

TEST(DaemonCommand, CertsTakesADirectoryBrokersAndDays) {
  const auto certs = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "certs");
    return std::get<MakeCertificates>(parse(std::move(arguments)));
  };
  const MakeCertificates made = certs({"d", "--brokers", "1,2,3"});
  EXPECT_EQ(made.directory, "d");
  EXPECT_THAT(made.brokers, ElementsAre(BrokerId(1), BrokerId(2), BrokerId(3)));
  EXPECT_EQ(made.days, kCertificateDays);
  EXPECT_EQ(certs({"--brokers=4", "--days=30", "d"}).days, 30);
  EXPECT_THAT(leave({"certs", "d"}, 2), HasSubstr("needs --brokers"));
  EXPECT_THAT(leave({"certs", "--brokers", "1"}, 2), HasSubstr("needs a DIR"));
  EXPECT_THAT(leave({"certs", "d", "--brokers"}, 2), HasSubstr("'--brokers' was not expected"));
  EXPECT_THAT(leave({"certs", "d", "--brokers", "1,x"}, 2), HasSubstr("'x' is no broker_id"));
  EXPECT_THAT(leave({"certs", "d", "--brokers", "-1"}, 2), HasSubstr("'-1' is no broker_id"));
  EXPECT_THAT(leave({"certs", "d", "--days", "0", "--brokers", "1"}, 2), HasSubstr("from 1 to"));
  EXPECT_THAT(leave({"certs", "d", "e", "--brokers", "1"}, 2), HasSubstr("'e' was not expected"));
  EXPECT_THAT(leave({"certs", "--help"}, 0), HasSubstr("Usage: ropewalkd certs DIR --brokers"));
}

TEST(DaemonCommand, EachToolHasAHelpOfItsOwn) {
  for (const std::string flag : {"--help", "-h"}) {
    EXPECT_THAT(leave({"log", "dump", flag}, 0), HasSubstr("Usage: ropewalkd log dump FILE\n"));
    EXPECT_THAT(leave({"log", "verify", "f", flag}, 0), HasSubstr("ropewalkd log verify DIR...\n"));
    EXPECT_THAT(leave({"metadata", "dump", flag}, 0), HasSubstr("ropewalkd metadata dump DIR\n"));
    const std::string log = leave({"log", flag}, 0);
    EXPECT_THAT(log, HasSubstr("ropewalkd log dump FILE\n"));
    EXPECT_THAT(log, HasSubstr("ropewalkd log verify DIR...\n"));
    EXPECT_THAT(leave({"metadata", flag}, 0), HasSubstr("ropewalkd metadata dump DIR\n"));
  }
  EXPECT_THAT(daemon_program().description, HasSubstr("ropewalkd log verify DIR..."));
}

TEST(DaemonCommand, NewIdTakesNothing) {
  EXPECT_TRUE(std::holds_alternative<NewId>(parse({"new-id"})));
  EXPECT_THAT(leave({"new-id", "--help"}, 0), HasSubstr("Usage: ropewalkd new-id\n"));
  EXPECT_THAT(leave({"new-id", "3"}, 2), HasSubstr("new-id takes nothing"));
  EXPECT_THAT(daemon_program().description, HasSubstr("ropewalkd new-id\n"));
  EXPECT_THAT(leave({"man"}, 0), HasSubstr(".SS \"ropewalkd new\\-id [OPTIONS]\"\n"));
}

// One in 64 would.
TEST(NewId, DoesNotLookLikeAFlag) {
  env::Random random(1);
  for (int i = 0; i < 2000; i++) ASSERT_FALSE(new_id(random).to_base64().starts_with('-'));
}

TEST(DaemonCommand, AnUnknownCommandIsNamedWithTheNearest) {
  EXPECT_EQ(leave({"frob"}, 2),
            "ropewalkd: there is no command 'frob' (there are format, new-id, certs, log, "
            "metadata; without one "
            "the broker serves)\nSee ropewalkd --help\n");
  EXPECT_THAT(leave({"fromat", "--data-dir", "/a"}, 2), HasSubstr("did you mean format?"));
  EXPECT_EQ(leave({"log", "dmp", "f"}, 2),
            "ropewalkd: there is no command 'log dmp' (log has dump, verify); did you mean log "
            "dump?\nSee ropewalkd log --help\n");
  EXPECT_THAT(leave({"log"}, 2), HasSubstr("log needs a command: dump or verify"));
}

// Made of the same definitions as --help; what makes them is in none of them.
TEST(DaemonCommand, CompletionAndManualsNameSettingsAndTools) {
  const std::string bash = leave({"completion", "bash"}, 0);
  EXPECT_THAT(bash, HasSubstr("commands='format new-id certs log metadata'\n"));
  EXPECT_THAT(bash, HasSubstr("'ropewalkd --data-dir') kind=directory ;;"));
  EXPECT_THAT(bash, HasSubstr("'ropewalkd --log-level') words='debug info warn error off' ;;"));
  EXPECT_THAT(bash, HasSubstr("'ropewalkd --allow-insecure') words='true false' ;;"));
  EXPECT_THAT(bash, HasSubstr("'ropewalkd log verify '[0-9]*) kind=file ;;"));
  EXPECT_THAT(bash, HasSubstr("'ropewalkd metadata dump 1') kind=directory ;;"));
  EXPECT_THAT(bash, Not(HasSubstr("completion bash\n")));
  EXPECT_THAT(leave({"completion", "zsh"}, 0), HasSubstr("#compdef ropewalkd\n"));
  EXPECT_THAT(leave({"man"}, 0), HasSubstr(".SS \"ropewalkd log verify [OPTIONS] DIR...\"\n"));
  EXPECT_THAT(leave({"man", "ropewalkd.conf"}, 0), HasSubstr(".SH \"Listeners\"\n"));
  EXPECT_THAT(leave({"completion", "fish"}, 2), HasSubstr("bash or zsh"));
  EXPECT_THAT(leave({"man", "x"}, 2), HasSubstr("ropewalkd.conf"));
  EXPECT_THAT(daemon_program().description, Not(HasSubstr("completion")));
}

}  // namespace
}  // namespace ropewalk::tools
