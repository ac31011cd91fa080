#include "client/cli/line_record.h"
#include "client/cli/record_text.h"
#include "client/cli/table.h"
#include "client/cli/topic_text.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;

TEST(LineRecord, PlainLineIsTheValue) {
  const auto record = record_of_line({.topic = "t"}, "a,b");
  EXPECT_EQ(record->value, "a,b");
  EXPECT_FALSE(record->key);
  EXPECT_EQ(record_of_line({.topic = "t"}, "")->value, "");
}

TEST(LineRecord, SeparatorSplitsAtItsFirstPlace) {
  Produce how{.topic = "t"};
  how.key_separator = ':';
  EXPECT_EQ(record_of_line(how, "k:v:w")->key, "k");
  EXPECT_EQ(record_of_line(how, "k:v:w")->value, "v:w");
  EXPECT_EQ(record_of_line(how, "kv").error().code, Errc::invalid_record);
}

TEST(LineRecord, JsonGivesKeyAndTime) {
  const Produce how{
      .topic = "t", .json_key = "origin", .json_time = "date", .time_format = "%Y/%m/%d %H:%M"};
  const auto record =
      record_of_line(how, R"({"date":"2001/01/01 00:47","delay":66,"origin":"DTW"})");
  ASSERT_TRUE(record.has_value()) << to_string(record.error());
  EXPECT_EQ(record->key, "DTW");
  EXPECT_EQ(record->timestamp->time_since_epoch().count(), 978310020000);
  EXPECT_THAT(record_of_line(how, R"({"date":"2001/01/01 00:47"})").error().context,
              HasSubstr("origin"));
  EXPECT_THAT(record_of_line(how, R"({"date":"soon","origin":"DTW"})").error().context,
              HasSubstr("soon"));
  EXPECT_FALSE(record_of_line(how, "[1]").has_value());
  EXPECT_FALSE(record_of_line(how, "{").has_value());
}

TEST(LineRecord, HeadersAndPartitionAreThoseOfEveryRecord) {
  Produce how{.topic = "t", .partition = 3};
  how.headers = {{"h", "1"}, {"h", std::nullopt}, {"", ""}};
  const auto record = record_of_line(how, "x");
  EXPECT_EQ(record->partition, 3);
  ASSERT_EQ(record->headers.size(), 3U);
  EXPECT_EQ(record->headers[0].value, "1");
  EXPECT_FALSE(record->headers[1].value);
  EXPECT_EQ(record->headers[2].key, "");
  EXPECT_EQ(record->headers[2].value, "");
}

// A missing value deletes a key where a topic is compacted, an empty one does not.
TEST(LineRecord, EmptyIsNotMissingUnlessAMarkerSaysSo) {
  Produce how{.topic = "t"};
  how.key_separator = ':';
  EXPECT_EQ(record_of_line(how, "k:")->value, "");
  EXPECT_EQ(record_of_line(how, ":v")->key, "");
  how.null_marker = "";
  EXPECT_FALSE(record_of_line(how, "k:")->value);
  EXPECT_FALSE(record_of_line(how, ":v")->key);
  how.null_marker = "NULL";
  EXPECT_EQ(record_of_line(how, "k:")->value, "");
  EXPECT_FALSE(record_of_line(how, "k:NULL")->value);
  EXPECT_EQ(record_of_line(how, "k:NULL ")->value, "NULL ");
}

TEST(LineRecord, TimeWithAZoneIsMovedToUtc) {
  EXPECT_EQ(*parse_time("2001-01-01 02:00 +0200", "%Y-%m-%d %H:%M %z"),
            *parse_time("2001-01-01 00:00", "%Y-%m-%d %H:%M"));
}

TEST(LineRecord, ADayThatIsNotInTheCalendarIsNoTime) {
  EXPECT_EQ(parse_time("2020-02-30", "%Y-%m-%d").error().code, Errc::invalid_timestamp);
  EXPECT_TRUE(parse_time("2020-02-29", "%Y-%m-%d").has_value());
}

ConsumedRecord consumed(std::optional<std::string_view> key,
                        std::optional<std::string_view> value) {
  return {.topic = "t",
          .partition = 1,
          .offset = 2,
          .timestamp = Timestamp(std::chrono::milliseconds(3)),
          .key = key,
          .value = value,
          .headers = {}};
}

TEST(RecordText, JsonIsOneObjectALine) {
  std::string out;
  append_json(out, consumed(std::nullopt, "a\"\n"));
  EXPECT_EQ(out,
            "{\"topic\":\"t\",\"partition\":1,\"offset\":2,\"timestamp\":3,\"key\":null,"
            "\"value\":\"a\\\"\\n\",\"headers\":[]}\n");
}

TEST(RecordText, BytesThatAreNotUtf8ComeAsBase64) {
  std::string out;
  append_json(out, consumed("\xff\xfe", "ok"));
  EXPECT_THAT(out, HasSubstr("\"key_base64\":\"//4=\""));
  EXPECT_THAT(out, HasSubstr("\"value\":\"ok\""));
}

// What the broker that answered has as its own default is no default of the cluster's.
TEST(TopicText, SaysWhereAValueComesFrom) {
  const DescribedTopic topic{.name = "t",
                             .topic_id = "id",
                             .replication_factor = 1,
                             .settings = {{"a", "1", SettingSource::default_value},
                                          {"b", "2", SettingSource::cluster},
                                          {"c", "3", SettingSource::topic},
                                          {"segment.bytes", "67108864", SettingSource::broker}},
                             .partitions = {}};
  EXPECT_THAT(topic_text(topic), HasSubstr("SETTING        VALUE     FROM\n"
                                           "a              1         default\n"
                                           "b              2         cluster\n"
                                           "c              3         topic\n"
                                           "segment.bytes  67108864  broker default\n"));
  EXPECT_THAT(
      topics_json({topic}),
      HasSubstr(
          R"({"name":"segment.bytes","value":"67108864","source":"broker default"}],"partitions")"));
}

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
  Table table({"A", "LONG"});
  table.add({"xyz", "1"});
  EXPECT_EQ(table.to_string(), "A    LONG\nxyz  1\n");
}

}  // namespace
}  // namespace ropewalk::cli
