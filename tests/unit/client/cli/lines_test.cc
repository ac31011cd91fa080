#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "client/cli/line_reader.h"
#include "client/cli/line_tally.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Lines : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path(name)) << content;
    return path(name);
  }
  std::string path(const std::string& name) const { return root_.file(name); }

  support::TemporaryDirectory root_{"lines"};
};

std::vector<std::string> read_all(const std::string& path) {
  auto reader = LineReader::open(path);
  EXPECT_TRUE(reader) << to_string(reader.error());
  std::vector<std::string> lines;
  for (auto line = reader->next(); *line; line = reader->next()) lines.emplace_back(**line);
  return lines;
}

Error refusal(const std::string& path) {
  auto reader = LineReader::open(path);
  return reader ? Error{Errc::none, ""} : reader.error();
}

TEST_F(Lines, AreWhatStandsBetweenLineBreaks) {
  EXPECT_THAT(read_all(file("a", "one\n\nthree\n")), ElementsAre("one", "", "three"));
  EXPECT_THAT(read_all(file("b", "one\nno break")), ElementsAre("one", "no break"));
  EXPECT_THAT(read_all(file("c", "\n")), ElementsAre(""));
  EXPECT_THAT(read_all(file("d", "")), ElementsAre());
}

TEST_F(Lines, MayBeLongerThanWhatIsReadAtOnce) {
  const std::string text(1 << 20, 'x');
  EXPECT_THAT(read_all(file("a", "first\n" + text + "\nlast\n")),
              ElementsAre("first", text, "last"));
  std::string many;
  std::vector<std::string> expected;
  for (int i = 0; i < 50'000; i++) {
    expected.push_back(std::to_string(i));
    many += expected.back() + "\n";
  }
  EXPECT_EQ(read_all(file("b", many)), expected);
}

TEST_F(Lines, MayEndInOtherDelimiters) {
  const auto split = [this](const std::string& content, std::string delimiter) {
    auto reader = LineReader::open(file("d", content), std::move(delimiter));
    std::vector<std::string> lines;
    for (auto line = reader->next(); *line; line = reader->next()) lines.emplace_back(**line);
    return lines;
  };
  EXPECT_THAT(split(std::string("a\nb\0\0c\0", 7), std::string(1, '\0')),
              ElementsAre("a\nb", "", "c"));
  EXPECT_THAT(split("a--b-c--", "--"), ElementsAre("a", "b-c"));
  // One that lies across what is read at once.
  const std::string text((64 << 10) - 1, 'x');
  EXPECT_THAT(split(text + "--y", "--"), ElementsAre(text, "y"));
  EXPECT_THAT(split(text + "-z--y", "--"), ElementsAre(text + "-z", "y"));
  // All is one without any.
  EXPECT_THAT(split(text + "\nmore\n\n", ""), ElementsAre(text + "\nmore\n\n"));
  EXPECT_THAT(split("", ""), ElementsAre());
}

TEST_F(Lines, AFileThatCannotBeReadIsRefusedWithTheReason) {
  EXPECT_EQ(refusal(path("nope")).code, Errc::not_found);
  EXPECT_THAT(refusal(path("nope")).context, HasSubstr(path("nope") + ": No such file"));
  EXPECT_EQ(refusal(file("a", "x") + "/below").code, Errc::not_found);
  EXPECT_EQ(refusal(root_.path()).code, Errc::invalid_request);
  EXPECT_EQ(refusal(root_.path()).context, root_.path() + " is a directory, not a file of lines");
  fs::create_symlink(path("loop"), path("loop"));
  EXPECT_EQ(refusal(path("loop")).code, Errc::io_error);
}

TEST_F(Lines, AFileThatMayNotBeReadIsRefusedWithTheReason) {
  const std::string secret = file("secret", "x");
  fs::permissions(secret, fs::perms::none);
  // Nothing is forbidden to root.
  const uid_t me = ::geteuid();
  if (me == 0) {
    fs::permissions(root_.path(), fs::perms::all);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const Error error = refusal(secret);
  if (me == 0) ASSERT_EQ(::seteuid(me), 0);
  EXPECT_EQ(error.code, Errc::permission_denied);
  EXPECT_THAT(error.context, HasSubstr("opening " + secret + ": Permission denied"));
}

TEST(LineTally, NothingFailedIsASuccess) {
  const LineTally tally;
  EXPECT_TRUE(tally.result(0));
  EXPECT_TRUE(tally.result(5));
}

// Deliveries fail in any order; the first is the one that stands first.
TEST(LineTally, SaysHowManyOfHowManyAndWhyTheFirst) {
  LineTally tally;
  tally.failed(7, {Errc::message_too_large, "a record of 5 bytes"});
  tally.failed(3, {Errc::invalid_record, "there is no ':' behind a key"});
  tally.failed(9, {Errc::request_timed_out, ""});
  const auto result = tally.result(10);
  ASSERT_FALSE(result);
  EXPECT_EQ(to_string(result.error()),
            "invalid_record: 3 of 10 lines failed, first line 3: there is no ':' behind a key");
}

TEST(LineTally, ShowsTheFirstFewFailuresOnly) {
  LineTally tally;
  std::uint64_t shown = 0;
  for (std::uint64_t line = 1; line <= 100; line++)
    if (tally.failed(line, {Errc::invalid_record, ""})) shown++;
  EXPECT_EQ(shown, LineTally::kShown);
  EXPECT_EQ(tally.failures(), 100U);
}

}  // namespace
}  // namespace ropewalk::cli
