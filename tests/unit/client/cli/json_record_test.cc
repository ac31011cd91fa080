#include "client/cli/json_record.h"

#include <random>

#include "client/cli/base64.h"
#include "client/cli/record_text.h"

namespace ropewalk::cli {
namespace {

using namespace std::string_literals;

using testing::HasSubstr;

std::string words(std::string_view line) {
  const auto record = record_of_json(line);
  if (record) return "nothing was wrong";
  EXPECT_EQ(record.error().code, Errc::invalid_record);
  return record.error().context;
}

// What is printed of a record, and read back.
Record round_trip(const Record& record) {
  ConsumedRecord consumed;
  consumed.topic = "t";
  consumed.key = record.key;
  consumed.value = record.value;
  consumed.timestamp = record.timestamp.value_or(Timestamp());
  for (const Header& header : record.headers)
    consumed.headers.push_back({header.key, header.value});
  std::string line;
  append_json(line, consumed);
  EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
  auto read = record_of_json(std::string_view(line).substr(0, line.size() - 1));
  EXPECT_TRUE(read) << to_string(read.error()) << ": " << line;
  return read.value_or(Record());
}

TEST(JsonRecord, EveryByteSurvives) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; round++) {
    std::string bytes(random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    Record record{.topic = "", .key = bytes, .value = "v" + bytes};
    record.headers = {{bytes, bytes}};
    const Record back = round_trip(record);
    EXPECT_EQ(back.key, record.key);
    EXPECT_EQ(back.value, record.value);
    ASSERT_EQ(back.headers.size(), 1U);
    EXPECT_EQ(back.headers[0].key, bytes);
    EXPECT_EQ(back.headers[0].value, bytes);
  }
  const std::string text = "line\nbreak, \"quotes\", a \0 and \xc3\xa9"s;
  EXPECT_EQ(round_trip({.topic = "", .value = text}).value, text);
}

TEST(JsonRecord, MissingIsNotEmptyAndHeadersKeepOrderAndDuplicates) {
  Record record{.topic = "", .key = std::nullopt, .value = ""};
  record.headers = {{"h", std::nullopt}, {"h", ""}, {"h", "x"}, {"", ""}};
  record.timestamp = Timestamp(std::chrono::milliseconds(1234));
  const Record back = round_trip(record);
  EXPECT_FALSE(back.key);
  EXPECT_EQ(back.value, "");
  EXPECT_EQ(back.timestamp, record.timestamp);
  ASSERT_EQ(back.headers.size(), 4U);
  for (std::size_t i = 0; i < 4; i++) {
    EXPECT_EQ(back.headers[i].key, record.headers[i].key) << i;
    EXPECT_EQ(back.headers[i].value, record.headers[i].value) << i;
  }
  EXPECT_FALSE(round_trip({.topic = "", .key = "k"}).value);
  record.headers.assign(1000, {"many", "x"});
  EXPECT_EQ(round_trip(record).headers.size(), 1000U);
}

TEST(JsonRecord, OnlyTheValueMustBeThere) {
  const auto record = record_of_json(R"({"value":"v"})");
  ASSERT_TRUE(record) << to_string(record.error());
  EXPECT_EQ(record->value, "v");
  EXPECT_FALSE(record->key || record->timestamp || record->partition);
  EXPECT_TRUE(record->headers.empty());
  EXPECT_THAT(words(R"({"key":"k"})"), HasSubstr("neither 'value' nor 'value_base64'"));
}

TEST(JsonRecord, SaysWhatIsWrong) {
  EXPECT_THAT(words("{"), HasSubstr("no JSON: "));
  EXPECT_THAT(words(""), HasSubstr("no JSON: "));
  EXPECT_THAT(words("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(words(R"({"value":"v","hedaers":[]})"), HasSubstr("did you mean headers?"));
  EXPECT_THAT(words(R"({"value":"v","Value":"w"})"), HasSubstr("'Value' means nothing here"));
  EXPECT_THAT(words(R"({"value":1})"), HasSubstr("'value' is neither a string nor null"));
  EXPECT_THAT(words(R"({"value":"v","value_base64":"dg=="})"), HasSubstr("are both there"));
  EXPECT_THAT(words(R"({"value_base64":null})"), HasSubstr("'value_base64' is no string"));
  EXPECT_THAT(words(R"({"value_base64":"d"})"), HasSubstr("'value_base64': base64 that ends"));
  EXPECT_THAT(words(R"({"value":"v","timestamp":"now"})"), HasSubstr("'timestamp'"));
  EXPECT_THAT(words(R"({"value":"v","timestamp":1.5})"), HasSubstr("'timestamp'"));
  EXPECT_THAT(words(R"({"value":"v","headers":{"a":"b"}})"), HasSubstr("'headers' is no array"));
  EXPECT_THAT(
      words(R"({"value":"v","headers":[{"key":"a","value":"b"},{"key":null,"value":"b"}]})"),
      HasSubstr("header 2: 'key' is null"));
  EXPECT_THAT(words(R"({"value":"v","headers":[{"key":"a"}]})"), HasSubstr("header 1: there is"));
  EXPECT_THAT(words("{\"value\":\"\xff\"}"), HasSubstr("no JSON: "));
}

TEST(Base64, PadsAndReadsBack) {
  struct Case {
    std::string_view bytes;
    std::string_view text;
  };
  for (const Case& c : {Case{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}}) {
    EXPECT_EQ(to_base64(c.bytes), c.text);
    EXPECT_EQ(from_base64(c.text), c.bytes);
  }
}

TEST(Base64, OneTextForEachSequenceOfBytes) {
  for (const char* bad : {"Zg", "Zg=", "Zg===", "=",
                          "====", "Z===", "Zh==", "Zm9=", "Z!==", "Zm9v ", "Zg==Zg==", "Zm9\nv"})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

}  // namespace
}  // namespace ropewalk::cli
