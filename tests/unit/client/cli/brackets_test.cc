// Arguments that CLI11 would take for lists.
#include "client/cli/options.h"

namespace ropewalk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::variant<Options, Leave> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ropewalk");
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), "");
}
Leave leave(std::vector<const char*> arguments) {
  auto parsed = parse(std::move(arguments));
  if (std::holds_alternative<Options>(parsed)) ADD_FAILURE() << "is a command";
  return std::get<Leave>(std::move(parsed));
}
template <class T>
T command(std::vector<const char*> arguments) {
  auto parsed = parse(std::move(arguments));
  if (const auto* text = std::get_if<Leave>(&parsed)) ADD_FAILURE() << text->text;
  return std::get<T>(std::get<Options>(parsed).command);
}

TEST(CliBrackets, ValuesArriveAsTheyWereTyped) {
  EXPECT_THAT(command<DescribeTopics>({"topic", "describe", "[a,b]", "c"}).names,
              ElementsAre("[a,b]", "c"));
  const auto set = command<SetTopic>({"topic", "set", "t", "k=[a,b]", "[x]=1", "[y=a,b]"});
  ASSERT_EQ(set.changes.size(), 3U);
  EXPECT_EQ(set.changes[0].value, "[a,b]");
  EXPECT_EQ(set.changes[1].name, "[x]");
  EXPECT_EQ(set.changes[2].name, "[y");
  EXPECT_EQ(set.changes[2].value, "a,b]");
  const auto produce =
      command<Produce>({"produce", "[t]", "--header", "[a=1,2]", "--header=[b]", "--header",
                        "c=[1,2]", "--null-marker", "[]", "--key-separator", ","});
  EXPECT_EQ(produce.topic, "[t]");
  EXPECT_EQ(produce.null_marker, "[]");
  ASSERT_EQ(produce.headers.size(), 3U);
  EXPECT_EQ(produce.headers[0].key, "[a");
  EXPECT_EQ(produce.headers[0].value, "1,2]");
  EXPECT_EQ(produce.headers[1].key, "[b]");
  EXPECT_EQ(produce.headers[2].value, "[1,2]");
  const auto create = command<CreateTopic>(
      {"topic", "create", "[t]", "--partitions", "1", "--set", "[k=1,2]", "--set", "k=[1,2]"});
  ASSERT_EQ(create.topic.settings.size(), 2U);
  EXPECT_EQ(create.topic.settings[0].value, "1,2]");
  EXPECT_EQ(create.topic.settings[1].value, "[1,2]");
}

// What hides the brackets from CLI11 is never seen, also where somebody typed it.
TEST(CliBrackets, NothingIsAddedOrLost) {
  EXPECT_EQ(leave({"topic", "list", "[a,b]"}).text,
            "ropewalk: '[a,b]' was not expected\nSee ropewalk topic list --help\n");
  EXPECT_THAT(leave({"[a,b]"}).text, HasSubstr("there is no command '[a,b]'"));
  EXPECT_THAT(command<DescribeTopics>({"topic", "describe", "\x1a[a]", "\x1a"}).names,
              ElementsAre("\x1a[a]", "\x1a"));
  EXPECT_EQ(leave({"topic", "describe", "a", ""}).status, 2);
}

}  // namespace
}  // namespace ropewalk::cli
