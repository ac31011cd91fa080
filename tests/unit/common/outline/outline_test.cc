#include "common/outline/outline.h"

#include "tests/unit/common/outline/sample.h"

namespace ropewalk::outline {
namespace {

using testing::ElementsAre;

std::vector<std::string> names_at(const Place& place) {
  std::vector<std::string> names;
  for (const Option* option : place.options) names.push_back(option->names.back());
  return names;
}

TEST(Outline, OptionsReachBelowOnlyWhereTheCommandSaysSo) {
  const Command program = sample();
  const std::vector<Place> all = places(program);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].path, "rope-x topic send");
  EXPECT_THAT(names_at(all[1]), ElementsAre("--deep", "--help", "--at"));
  EXPECT_THAT(names_at(all[2]),
              ElementsAre("--file", "--codec", "--safe", "--set", "--help", "--at"));
}

TEST(Outline, AnOptionOfItsOwnHidesTheOneFromAbove) {
  Command program = sample();
  program.commands[0].options.push_back({.names = {"-h", "--help"}, .help = "Its own"});
  const std::vector<Place> all = places(program);
  EXPECT_THAT(names_at(all[1]), ElementsAre("--deep", "--help", "--at"));
  EXPECT_EQ(all[1].options[1]->help, "Its own");
}

TEST(Outline, BriefHelpIsOneSentence) {
  EXPECT_EQ(brief("Sends it. All of it."), "Sends it");
  EXPECT_EQ(brief("Sends it."), "Sends it");
  EXPECT_EQ(brief("Up to 1.5 times"), "Up to 1.5 times");
  EXPECT_EQ(brief("One\ntwo"), "One");
  EXPECT_EQ(brief(""), "");
}

TEST(Outline, UsageNamesWhatMustFollow) {
  Command program = sample();
  EXPECT_EQ(usage(program), "[OPTIONS] COMMAND");
  EXPECT_EQ(usage(program.commands[0].commands[0]), "[OPTIONS] TOPIC DIR...");
  program.runs_alone = true;
  EXPECT_EQ(usage(program), "[OPTIONS]");
}

}  // namespace
}  // namespace ropewalk::outline
