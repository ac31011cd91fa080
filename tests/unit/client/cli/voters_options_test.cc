#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/options.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;

std::variant<Options, Leave> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"ropewalk", "cluster", "voters"});
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), "");
}
ChangeVoters change(std::vector<const char*> arguments) {
  auto parsed = parse(std::move(arguments));
  if (const auto* leave = std::get_if<Leave>(&parsed)) ADD_FAILURE() << leave->text;
  return std::get<ChangeVoters>(std::get<Options>(parsed).command);
}
std::string words(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  const auto* leave = std::get_if<Leave>(&parsed);
  return leave == nullptr ? "nothing was wrong" : leave->text;
}

constexpr const char* kDirectory = "lMuOdlFhRGGLBWJ1idIA0A";

TEST(CliVoters, AddAndRemoveNameOne) {
  const auto add = change({"add", "2", "--directory", kDirectory}).change;
  ASSERT_TRUE(add.add && !add.remove);
  EXPECT_EQ(add.add->broker_id, 2);
  EXPECT_EQ(add.add->directory_id, kDirectory);
  const auto remove = change({"remove", "3", "--json"});
  ASSERT_TRUE(remove.change.remove && !remove.change.add);
  EXPECT_EQ(remove.change.remove->broker_id, 3);
  EXPECT_TRUE(remove.json);
}

// A disk that was lost: the same broker. A machine: another one.
TEST(CliVoters, ReplaceIsByTheSameBrokerUnlessSaidOtherwise) {
  const auto same = change({"replace", "2"}).change;
  EXPECT_EQ(same.remove->broker_id, 2);
  EXPECT_EQ(same.add->broker_id, 2);
  const auto other = change({"replace", "2", "--by", "4", "--directory", kDirectory}).change;
  EXPECT_EQ(other.remove->broker_id, 2);
  EXPECT_EQ(other.remove->directory_id, "");
  EXPECT_EQ(other.add->broker_id, 4);
  EXPECT_EQ(other.add->directory_id, kDirectory);
}

TEST(CliVoters, ListTakesJson) {
  const auto parsed = parse({"list", "--json"});
  EXPECT_TRUE(std::get<ShowVoters>(std::get<Options>(parsed).command).json);
}

TEST(CliVoters, WrongUsageIsExplained) {
  EXPECT_THAT(words({"add"}), HasSubstr("BROKER"));
  EXPECT_THAT(words({"add", "two"}), HasSubstr("two"));
  EXPECT_THAT(words({"add", "2", "--directory", "x"}), HasSubstr("no id of a directory"));
  EXPECT_THAT(words({}), HasSubstr("list"));
}

}  // namespace
}  // namespace ropewalk::cli
