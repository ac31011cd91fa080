#include "client/cli/options.h"

#include <limits>

#include "common/version.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;

std::variant<Options, Leave> parse(std::vector<const char*> arguments,
                                   const std::string& environment_brokers = "") {
  arguments.insert(arguments.begin(), "ropewalk");
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), environment_brokers);
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
// What is said about a wrong command line.
std::string words(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  const auto* leave = std::get_if<Leave>(&parsed);
  if (leave == nullptr) return "nothing was wrong";
  EXPECT_EQ(leave->status, 2);
  return leave->text;
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

TEST(CliOptions, ProduceTakesHeadersInTheirOrder) {
  const auto produce = command<Produce>({"produce", "t", "--header", "h=1", "--header", "h",
                                         "--header", "h=", "--header", "=", "--header", "a=b=c"});
  const auto& headers = produce.headers;
  ASSERT_EQ(headers.size(), 5U);
  for (int i = 0; i < 3; i++) EXPECT_EQ(headers[static_cast<std::size_t>(i)].key, "h");
  EXPECT_EQ(headers[0].value, "1");
  EXPECT_FALSE(headers[1].value);
  EXPECT_EQ(headers[2].value, "");
  EXPECT_EQ(headers[3].key, "");
  EXPECT_EQ(headers[3].value, "");
  EXPECT_EQ(headers[4].value, "b=c");
}

TEST(CliOptions, ProduceReadsLinesInSeveralForms) {
  EXPECT_EQ(command<Produce>({"produce", "t"}).delimiter, "\n");
  EXPECT_EQ(command<Produce>({"produce", "t", "--delimiter", "\\0"}).delimiter,
            std::string(1, '\0'));
  EXPECT_EQ(command<Produce>({"produce", "t", "--whole"}).delimiter, "");
  EXPECT_EQ(command<Produce>({"produce", "t", "--key-separator", "\\x1f"}).key_separator, '\x1f');
  EXPECT_EQ(command<Produce>({"produce", "t", "--format", "json"}).format, LineFormat::json);
  EXPECT_FALSE(command<Produce>({"produce", "t"}).null_marker);
  EXPECT_EQ(command<Produce>({"produce", "t", "--null-marker", ""}).null_marker, "");
  EXPECT_EQ(command<Produce>({"produce", "t", "--partition", "2"}).partition, 2);
}

TEST(CliOptions, EveryCodecHasItsLevels) {
  EXPECT_FALSE(command<Produce>({"produce", "t", "--compression", "gzip"}).compression_level);
  EXPECT_EQ(command<Produce>({"produce", "t", "--compression", "zstd", "--compression-level", "-5"})
                .compression_level,
            -5);
  struct Case {
    const char* codec;
    const char* level;
    const char* words;
  };
  for (const Case& c : {Case{"gzip", "10", "gzip has levels from 1 to 9, not 10"},
                        {"lz4", "0", "lz4 has levels from 1 to 12, not 0"},
                        {"zstd", "23", "'23' is not a number from -131072 to 22"},
                        {"snappy", "1", "snappy has no levels"},
                        {"none", "1", "none has no levels"}})
    EXPECT_THAT(words({"produce", "t", "--compression", c.codec, "--compression-level", c.level}),
                HasSubstr(std::string("--compression-level: ") + c.words));
}

// With words that say which are right.
TEST(CliOptions, AWrongValueOfProduceNamesTheLegalForms) {
  EXPECT_THAT(words({"produce", "t", "--acks", "2"}), HasSubstr("{all,1,0}"));
  EXPECT_THAT(words({"produce", "t", "--format", "xml"}), HasSubstr("{text,json}"));
  EXPECT_THAT(words({"produce", "t", "--compression", "lzma"}),
              HasSubstr("{none,gzip,snappy,lz4,zstd}"));
  EXPECT_THAT(words({"produce", "t", "--delimiter", "\\d"}),
              HasSubstr("--delimiter: '\\d' is no escape; there are \\n \\r \\t \\0 \\\\ \\xHH"));
  EXPECT_THAT(words({"produce", "t", "--key-separator", "\\"}), HasSubstr("is no escape"));
  EXPECT_THAT(words({"produce", "t", "--key-separator", "ab"}), HasSubstr("one character"));
  EXPECT_THAT(words({"produce", "t", "--whole", "--delimiter", "x"}), HasSubstr("--delimiter"));
  EXPECT_THAT(words({"produce", "t", "--header", ""}), HasSubstr("--header"));
  EXPECT_THAT(words({"produce", "t", "--partition", "-1"}), HasSubstr("from 0 to 99999"));
}

TEST(CliOptions, NoOptionOfProduceGoesWithoutEffect) {
  for (const auto& option : {std::vector<const char*>{"--key-separator", ":"},
                             {"--null-marker", ""},
                             {"--json-key", "a"}}) {
    std::vector<const char*> arguments = {"produce", "t", "--format", "json"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    EXPECT_THAT(words(arguments), HasSubstr(std::string(option[0]) + ": with --format json"));
  }
}

TEST(CliOptions, ConsumeTakesAFormat) {
  ConsumedRecord record;
  record.key = "k";
  record.value = "v";
  const auto printed = [&](const char* format) {
    std::string out;
    command<Consume>({"consume", "t", "--format", format}).format->append(out, record);
    return out;
  };
  EXPECT_EQ(printed("text"), "v\n");
  EXPECT_EQ(printed("%k=%s\\n"), "k=v\n");
  EXPECT_THAT(words({"consume", "t", "--format", "txt"}),
              HasSubstr("--format: 'txt' is neither text, json nor a format"));
  EXPECT_THAT(words({"consume", "t", "--format", "%s%x"}),
              HasSubstr("--format: '%x' is no directive; there are %t topic, %p"));
  EXPECT_THAT(words({"consume", "t", "--format", ""}), HasSubstr("must not be empty"));
}

TEST(CliOptions, ConsumeBeginsSoManyBeforeTheEnd) {
  const auto start = command<Consume>({"consume", "t", "--from", "-500"}).start;
  EXPECT_EQ(start.from, From::last);
  EXPECT_EQ(start.count, 500);
}

TEST(CliOptions, ConsumeTakesItsOptions) {
  const auto consume = command<Consume>(
      {"consume", "t", "--partition", "3", "--from", "17", "--count", "2", "--format", "json"});
  EXPECT_EQ(consume.partition, 3);
  EXPECT_EQ(consume.start.from, From::offset);
  EXPECT_EQ(consume.start.offset, 17);
  EXPECT_EQ(consume.count, 2);
  EXPECT_FALSE(consume.format);  // JSON.
  EXPECT_EQ(command<Consume>({"consume", "t", "--from", "end"}).start.from, From::end);
}

TEST(CliOptions, ConsumeBeginsAtATime) {
  const auto from = [](const char* text) {
    const auto consume = command<Consume>({"consume", "t", "--from", text});
    EXPECT_EQ(consume.start.from, From::time) << text;
    return consume.start.time.time_since_epoch().count();
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
  EXPECT_EQ(status({"consume", "t", "--frm", "end"}), 2);
  EXPECT_EQ(status({"--help"}), 0);
}

TEST(CliUsage, AnUnknownCommandIsNamedWithTheNearest) {
  EXPECT_EQ(words({"frob"}),
            "ropewalk: there is no command 'frob' (there are topic, cluster, produce, consume, "
            "records, bench)\n"
            "See ropewalk --help\n");
  EXPECT_THAT(words({"tpoic", "list"}), HasSubstr("'tpoic' (there are topic,"));
  EXPECT_THAT(words({"tpoic", "list"}), HasSubstr("; did you mean topic?"));
  EXPECT_EQ(words({"topic", "lst"}),
            "ropewalk: there is no command 'topic lst' (topic has create, list, describe, delete, "
            "set, offsets, elect); did you mean topic list?\nSee ropewalk topic --help\n");
  EXPECT_THAT(words({"--brokers", "h:1", "cluster", "stauts", "--json"}),
              HasSubstr("did you mean cluster status?"));
}

TEST(CliUsage, AMissingCommandIsNamedAsThat) {
  EXPECT_EQ(
      words({}),
      "ropewalk: 'ropewalk' needs a command: topic, cluster, produce, consume, records, bench\n"
      "See ropewalk --help\n");
  EXPECT_THAT(words({"topic"}), HasSubstr("'ropewalk topic' needs a command: create, list"));
}

// Before what is missing, which may be the same thing.
TEST(CliUsage, AnUnknownOptionIsNamedWithTheNearest) {
  EXPECT_EQ(words({"topic", "create", "a", "--partitons", "3"}),
            "ropewalk: topic create has no option --partitons; did you mean --partitions?\n"
            "See ropewalk topic create --help\n");
  EXPECT_THAT(words({"consume", "a", "--frm=end"}), HasSubstr("--frm; did you mean --from?"));
  EXPECT_THAT(words({"consume", "a", "--broker", "h:1"}), HasSubstr("did you mean --brokers?"));
  EXPECT_THAT(words({"--versio"}), HasSubstr("there is no option --versio; did you mean"));
  EXPECT_THAT(words({"topic", "list", "extra"}), HasSubstr("'extra' was not expected"));
}

TEST(CliUsage, ATopicMayBeCalledLikeACommand) {
  EXPECT_EQ(command<CreateTopic>({"topic", "create", "list", "--partitions", "1"}).topic.name,
            "list");
  EXPECT_EQ(command<Produce>({"produce", "consume"}).topic, "consume");
}

TEST(CliUsage, HelpIsThatOfTheCommand) {
  const auto help = [](std::vector<const char*> arguments) {
    const auto leave = std::get<Leave>(parse(std::move(arguments)));
    EXPECT_EQ(leave.status, 0);
    return leave.text;
  };
  EXPECT_THAT(help({"--help"}), HasSubstr("Usage: ropewalk [OPTIONS] SUBCOMMAND"));
  EXPECT_THAT(help({"topic", "--help"}), HasSubstr("ropewalk topic [OPTIONS] SUBCOMMAND"));
  EXPECT_THAT(help({"topic", "create", "-h"}), HasSubstr("ropewalk topic create [OPTIONS] NAME"));
  EXPECT_EQ(help({"--version"}), fmt::format("ropewalk {}\n", version()));
}

TEST(CliUsage, BrokersAreAddresses) {
  for (const char* bad :
       {"foo", "foo:", "foo:x", ":1", "h:65536", "h:-1", "h:0", "::1:9192", "", ",", "h:1,foo"})
    EXPECT_THAT(words({"--brokers", bad, "topic", "list"}), HasSubstr("ropewalk: --brokers: "))
        << bad;
  EXPECT_THAT(words({"--brokers", "h:65536", "topic", "list"}), HasSubstr("from 0 to 65535"));
  const auto options = std::get<Options>(parse({"--brokers", "[::1]:9192, h:1,", "topic", "list"}));
  EXPECT_THAT(options.brokers, testing::ElementsAre("[::1]:9192", "h:1"));
}

TEST(CliUsage, BrokersOfTheEnvironmentCountUnlessTheFlagSaysOthers) {
  EXPECT_THAT(std::get<Options>(parse({"topic", "list"}, "h:1")).brokers,
              testing::ElementsAre("h:1"));
  EXPECT_THAT(std::get<Options>(parse({"topic", "list", "--brokers", "g:2"}, "h:1")).brokers,
              testing::ElementsAre("g:2"));
  EXPECT_THAT(std::get<Leave>(parse({"topic", "list"}, "h")).text,
              HasSubstr("ropewalk: ROPEWALK_BROKERS: 'h'"));
  EXPECT_THAT(std::get<Options>(parse({"topic", "list"})).brokers,
              testing::ElementsAre("127.0.0.1:9192"));
}

TEST(CliUsage, NumbersAreDecimalAndFit) {
  struct Case {
    std::vector<const char*> before;
    const char* range;
  };
  const Case cases[] = {
      {{"topic", "create", "a", "--partitions"}, "from 1 to 100000"},
      {{"topic", "create", "a", "--partitions", "1", "--replication-factor"}, "from 1 to 100"},
      {{"consume", "a", "--partition"}, "from 0 to 99999"},
      {{"consume", "a", "--count"}, "from 0 to 9223372036854775807"}};
  for (const Case& c : cases) {
    for (const char* bad : {"", "-1", "99999999999999999999", "0x1", "1e1", "1.5", "many", " 1"}) {
      auto arguments = c.before;
      arguments.push_back(bad);
      EXPECT_THAT(words(arguments), HasSubstr(fmt::format("'{}' is not a number {}", bad, c.range)))
          << c.before.back();
    }
  }
  // Not eight.
  EXPECT_EQ(command<Consume>({"consume", "a", "--count", "010"}).count, 10);
}

TEST(CliUsage, AStartThatIsNoneNamesTheFormsThatThereAre) {
  for (const char* bad :
       {"99999999999999999999", "9223372036854775808", "-0", "-", "--1", "-x", "", "0x10", "1.5",
        "yesterday", "@99999999999999999999", "@", "@1.5", "@soon", "2023-13-14T22:13:20Z",
        "2023-11.5-14", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20.xZ"})
    EXPECT_THAT(words({"consume", "t", "--from", bad}),
                HasSubstr(fmt::format("--from: '{}' is neither beginning, end, an offset (0 to "
                                      "9223372036854775807), -N (the last N) nor a time "
                                      "(@MILLISECONDS, or",
                                      bad)))
        << bad;
  EXPECT_EQ(command<Consume>({"consume", "t", "--from", "9223372036854775807"}).start.offset,
            std::numeric_limits<std::int64_t>::max());
}

TEST(CliUsage, NamesMustNotBeEmpty) {
  for (const auto& arguments : {std::vector<const char*>{"topic", "delete", ""},
                                {"topic", "describe", "a", ""},
                                {"produce", ""},
                                {"produce", "a", "--file", ""},
                                {"produce", "a", "--key-separator", ""},
                                {"produce", "a", "--json-key", ""}})
    EXPECT_THAT(words(arguments), HasSubstr("must not be empty"));
}

TEST(CliOptions, DeletingRecordsNeedsAPlaceToBeginAgain) {
  const auto at = command<DeleteRecords>(
      {"records", "delete", "t", "--before", "17", "--partition", "2", "--json"});
  EXPECT_EQ(at.before.from, From::offset);
  EXPECT_EQ(at.before.offset, 17);
  EXPECT_EQ(at.partition, 2);
  EXPECT_TRUE(at.json);
  EXPECT_EQ(command<DeleteRecords>({"records", "delete", "t", "--before", "end"}).before.from,
            From::end);
  EXPECT_EQ(command<DeleteRecords>({"records", "delete", "t", "--before", "@5"}).before.from,
            From::time);
  EXPECT_THAT(words({"records", "delete", "t", "--before", "17"}), HasSubstr("--partition"));
  EXPECT_THAT(words({"records", "delete", "t", "--before", "beginning"}), HasSubstr("nothing"));
  EXPECT_THAT(words({"records", "delete", "t"}), HasSubstr("--before"));
  EXPECT_THAT(words({"records", "delete", "t", "--before", "x"}), HasSubstr("--before"));
}

}  // namespace
}  // namespace ropewalk::cli
