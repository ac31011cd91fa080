#include "client/cli/record_format.h"

#include "client/cli/escapes.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

std::string printed(std::string_view format, const ConsumedRecord& record) {
  const auto parsed = RecordFormat::parse(format);
  EXPECT_TRUE(parsed) << to_string(parsed.error());
  std::string out;
  if (parsed) parsed->append(out, record);
  return out;
}

std::string words(std::string_view format) {
  const auto parsed = RecordFormat::parse(format);
  if (parsed) return "nothing was wrong";
  EXPECT_EQ(parsed.error().code, Errc::invalid_request);
  return parsed.error().context;
}

ConsumedRecord some_record() {
  return {.topic = "flights",
          .partition = 3,
          .offset = 17,
          .timestamp = Timestamp(std::chrono::milliseconds(1700000000123)),
          .key = "DTW",
          .value = "on time",
          .headers = {{"a", "1"}, {"b", ""}, {"a", std::nullopt}}};
}

TEST(RecordFormat, HasADirectiveForEachPartOfARecord) {
  EXPECT_EQ(printed("%t-%p@%o %T %K %k %S %s [%h] 100%%", some_record()),
            "flights-3@17 1700000000123 3 DTW 7 on time [a=1,b=,a] 100%");
}

TEST(RecordFormat, HasEscapesAndEndsNothingByItself) {
  EXPECT_EQ(printed("%k\\t%s\\n\\r\\0\\\\\\x41\\xfF", some_record()), "DTW\ton time\n\r\0\\A\xff"s);
  EXPECT_EQ(printed("%s", some_record()), "on time");
  EXPECT_EQ(printed("%%s", some_record()), "%s");
}

TEST(RecordFormat, MissingHasLengthMinusOneAndEmptyZero) {
  ConsumedRecord record = some_record();
  record.key = std::nullopt;
  record.value = "";
  EXPECT_EQ(printed("%K,%k,%S,%s", record), "-1,,0,");
  record.headers.clear();
  EXPECT_EQ(printed("<%h>", record), "<>");
}

TEST(RecordFormat, BytesComeAsTheyAre) {
  ConsumedRecord record = some_record();
  const std::string bytes("\0\n\xff%s\\n", 7);
  record.value = bytes;
  EXPECT_EQ(printed("%s", record), bytes);
}

TEST(RecordFormat, AWrongDirectiveOrEscapeNamesThoseThatThereAre) {
  EXPECT_THAT(words("%s %q"), HasSubstr("'%q' is no directive; there are %t topic, %p partition"));
  EXPECT_THAT(words("100%"), HasSubstr("'%' is no directive"));
  EXPECT_THAT(words("%5s"), HasSubstr("'%5' is no directive"));
  EXPECT_THAT(words("%s\\q"), HasSubstr("'\\q' is no escape; there are \\n \\r"));
  for (const char* bad : {"\\", "\\x", "\\x4", "\\xg1", "\\x+1", "\\x-1", "\\x 1"})
    EXPECT_THAT(words(bad), HasSubstr("is no escape")) << bad;
}

TEST(Escapes, AreForCharactersThatAreHardToType) {
  EXPECT_EQ(unescape("a\\tb\\x00\\\\n"), "a\tb\0\\n"s);
  EXPECT_EQ(unescape(""), "");
  EXPECT_FALSE(unescape("a\\"));
}

}  // namespace
}  // namespace ropewalk::cli
