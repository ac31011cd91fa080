#include "client/cli/line_record.h"
#include "client/cli/options.h"
#include "client/cli/record_text.h"
#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;

std::variant<Options, Leave> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ropewalk");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}
template <class T>
T command(std::vector<const char*> arguments) {
  auto parsed = parse(std::move(arguments));
  if (const auto* leave = std::get_if<Leave>(&parsed)) ADD_FAILURE() << leave->text;
  return std::get<T>(std::get<Options>(parsed).command);
}
int status(std::vector<const char*> arguments) {
  return std::get<Leave>(parse(std::move(arguments))).status;
}

TEST(CliOptions, CreateTakesSettings) {
  const auto create = command<CreateTopic>({"topic", "create", "flights", "--partitions", "6",
                                            "--set", "retention.ms=-1", "--set", "a=b=c"});
  EXPECT_EQ(create.topic.name, "flights");
  EXPECT_EQ(create.topic.partitions, 6);
  ASSERT_EQ(create.topic.settings.size(), 2U);
  EXPECT_EQ(create.topic.settings[0].value, "-1");
  EXPECT_EQ(create.topic.settings[1].value, "b=c");
}

TEST(CliOptions, BrokersMayStandAnywhereAndAreAList) {
  for (const auto& arguments :
       {std::vector<const char*>{"--brokers", "a:1,b:2", "topic", "list"},
        std::vector<const char*>{"topic", "list", "--brokers", "a:1,b:2"}}) {
    const auto options = std::get<Options>(parse(arguments));
    EXPECT_THAT(options.brokers, testing::ElementsAre("a:1", "b:2"));
  }
}

TEST(CliOptions, ProduceTakesItsOptions) {
  const auto produce = command<Produce>({"produce", "t", "--key-separator", "\\t", "--acks", "1",
                                         "--compression", "lz4", "--print-offsets"});
  EXPECT_EQ(produce.key_separator, '\t');
  EXPECT_EQ(produce.acks, Acks::leader);
  EXPECT_EQ(produce.compression, Compression::lz4);
  EXPECT_TRUE(produce.print_offsets);
}

TEST(CliOptions, ConsumeTakesItsOptions) {
  const auto consume = command<Consume>(
      {"consume", "t", "--partition", "3", "--from", "17", "--count", "2", "--format", "json"});
  EXPECT_EQ(consume.partition, 3);
  EXPECT_EQ(consume.from, From::offset);
  EXPECT_EQ(consume.offset, 17);
  EXPECT_EQ(consume.count, 2);
  EXPECT_TRUE(consume.json);
  EXPECT_EQ(command<Consume>({"consume", "t", "--from", "end"}).from, From::end);
}

TEST(CliOptions, ConsumeBeginsAtATime) {
  const auto from = [](const char* text) {
    const auto consume = command<Consume>({"consume", "t", "--from", text});
    EXPECT_EQ(consume.from, From::time) << text;
    return consume.time.time_since_epoch().count();
  };
  EXPECT_EQ(from("@1700000000123"), 1700000000123);
  for (const char* same : {"2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-14T22:13:20",
                           "2023-11-14t23:13:20+01:00", "2023-11-14T17:13:20-05:00"})
    EXPECT_EQ(from(same), 1700000000000) << same;
  EXPECT_EQ(from("2023-11-14T22:13:20.5Z"), 1700000000500);
  EXPECT_EQ(from("2023-11-14T23:13:20.1234+01:00"), 1700000000123);
  EXPECT_EQ(from("1970-01-02"), 86400000);
}

TEST(CliOptions, SetTakesChangesAndRemovals) {
  const auto set = command<SetTopic>({"topic", "set", "t", "retention.ms=1000", "segment.ms="});
  ASSERT_EQ(set.changes.size(), 2U);
  EXPECT_EQ(set.changes[0].name, "retention.ms");
  EXPECT_EQ(set.changes[0].value, "1000");
  EXPECT_FALSE(set.changes[1].value);
}

TEST(CliOptions, WrongUsageIsStatusTwo) {
  EXPECT_EQ(status({}), 2);
  EXPECT_EQ(status({"topic"}), 2);
  EXPECT_EQ(status({"topic", "create", "a"}), 2);
  EXPECT_EQ(status({"topic", "create", "a", "--partitions", "0"}), 2);
  EXPECT_EQ(status({"topic", "create", "a", "--partitions", "1", "--set", "x"}), 2);
  EXPECT_EQ(status({"produce", "t", "--acks", "2"}), 2);
  EXPECT_EQ(status({"produce", "t", "--acks", "0", "--print-offsets"}), 2);
  EXPECT_EQ(status({"produce", "t", "--key-separator", "ab"}), 2);
  EXPECT_EQ(status({"produce", "t", "--key-separator", ""}), 2);
  EXPECT_EQ(status({"produce", "t", "--json-key", "a", "--key-separator", "b"}), 2);
  EXPECT_EQ(status({"produce", "t", "--json-time", "a"}), 2);
  EXPECT_EQ(status({"consume", "t", "--from", "yesterday"}), 2);
  EXPECT_EQ(status({"consume", "t", "--from", "@soon"}), 2);
  EXPECT_EQ(status({"consume", "t", "--from", "2023-13-14T22:13:20Z"}), 2);
  EXPECT_EQ(status({"topic", "set", "t"}), 2);
  EXPECT_EQ(status({"topic", "set", "t", "retention.ms"}), 2);
  EXPECT_EQ(status({"consume", "t", "--from", "-1"}), 2);
  EXPECT_EQ(status({"consume", "t", "--frm", "end"}), 2);
  EXPECT_EQ(status({"--help"}), 0);
}

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

TEST(RecordText, Base64Pads) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
}

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
  Table table({"A", "LONG"});
  table.add({"xyz", "1"});
  EXPECT_EQ(table.to_string(), "A    LONG\nxyz  1\n");
}

}  // namespace
}  // namespace ropewalk::cli
