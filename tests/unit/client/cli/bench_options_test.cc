#include "client/cli/options.h"

namespace ropewalk::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::variant<Options, Leave> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"ropewalk", "bench"});
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), "");
}
template <class T>
T bench(std::vector<const char*> arguments) {
  auto parsed = parse(std::move(arguments));
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    ADD_FAILURE() << leave->text;
    return {};
  }
  return std::get<T>(std::get<Options>(parsed).command);
}
std::string words(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  const auto* leave = std::get_if<Leave>(&parsed);
  if (leave == nullptr) return "nothing was wrong";
  EXPECT_EQ(leave->status, 2);
  return leave->text;
}

TEST(BenchOptions, ProduceTakesItsOptions) {
  const auto produce = bench<BenchProduce>({"produce",
                                            "t",
                                            "--create",
                                            "6",
                                            "--record-bytes",
                                            "1KiB",
                                            "--count",
                                            "1000",
                                            "--duration",
                                            "30s",
                                            "--rate",
                                            "500",
                                            "--acks",
                                            "1",
                                            "--compression",
                                            "lz4",
                                            "--compression-level",
                                            "9",
                                            "--batch-bytes",
                                            "16KiB",
                                            "--linger",
                                            "20ms",
                                            "--in-flight",
                                            "8",
                                            "--timeout",
                                            "3s",
                                            "--json"});
  EXPECT_EQ(produce.load.topic, "t");
  EXPECT_EQ(produce.load.partitions, 6);
  EXPECT_EQ(produce.load.record_bytes, 1024U);
  EXPECT_EQ(produce.load.limit.records, 1000U);
  EXPECT_EQ(produce.load.limit.time, 30s);
  EXPECT_EQ(produce.load.rate, 500U);
  EXPECT_EQ(produce.load.acks, Acks::leader);
  EXPECT_EQ(produce.load.compression, Compression::lz4);
  EXPECT_EQ(produce.load.compression_level, 9);
  EXPECT_EQ(produce.batch_bytes, 16384U);
  EXPECT_EQ(produce.linger, 20ms);
  EXPECT_EQ(produce.requests_in_flight, 8U);
  EXPECT_EQ(produce.load.timeout, 3s);
  EXPECT_TRUE(produce.load.json);
}

TEST(BenchOptions, ARunEndsAlsoIfNobodySaysWhen) {
  const auto produce = bench<BenchProduce>({"produce", "t"});
  EXPECT_EQ(produce.load.limit.time, 10s);
  EXPECT_FALSE(produce.load.limit.records || produce.load.rate || produce.load.partitions);
  EXPECT_FALSE(bench<BenchProduce>({"produce", "t", "--count", "5"}).load.limit.time);
  EXPECT_FALSE(bench<BenchConsume>({"consume", "t"}).limit.time) << "it ends with the topic";
}

TEST(BenchOptions, ConsumeAndLatencyTakeTheirs) {
  const auto consume = bench<BenchConsume>(
      {"consume", "t", "--count", "7", "--duration", "1min", "--timeout", "1s", "--json"});
  EXPECT_EQ(consume.topic, "t");
  EXPECT_EQ(consume.limit.records, 7U);
  EXPECT_EQ(consume.limit.time, 1min);
  EXPECT_EQ(consume.timeout, 1s);
  EXPECT_TRUE(consume.json);
  const auto latency = bench<BenchLatency>({"latency", "t", "--in-flight", "20", "--rate", "5"});
  EXPECT_EQ(latency.records_in_flight, 20U);
  EXPECT_EQ(latency.load.rate, 5U);
  EXPECT_EQ(bench<BenchLatency>({"latency", "t"}).records_in_flight, 1U);
}

TEST(BenchOptions, FailoverTakesWhatKillsAndStarts) {
  const auto kills =
      bench<BenchFailover>({"failover", "t", "--create", "6", "--rate", "50", "--rounds", "9",
                            "--kill-command", "kill {broker}", "--restart-command",
                            "start {broker}", "--victim", "controller", "--down", "5s", "--json"});
  EXPECT_EQ(kills.load.topic, "t");
  EXPECT_EQ(kills.load.partitions, 6);
  EXPECT_EQ(kills.load.rate, 50U);
  EXPECT_EQ(kills.rounds, 9U);
  EXPECT_EQ(kills.kill_command, "kill {broker}");
  EXPECT_EQ(kills.restart_command, "start {broker}");
  EXPECT_EQ(kills.victim, Victim::controller);
  EXPECT_EQ(kills.down, 5s);
  EXPECT_TRUE(kills.load.json);
  EXPECT_EQ(bench<BenchFailover>({"failover", "t", "--kill-command", "k"}).rounds, 5U);
  const auto watched = bench<BenchFailover>({"failover", "t"});
  EXPECT_EQ(watched.rounds, 1U) << "somebody else kills, once";
  EXPECT_EQ(watched.load.rate, 1000U) << "it must be steady";
}

TEST(BenchOptions, AWrongValueNamesTheLegalForms) {
  struct Case {
    std::vector<const char*> arguments;
    const char* words;
  };
  for (const Case& c : std::vector<Case>{
           {{"produce", "t", "--record-bytes", "many"},
            "'many' is no number of bytes from 0 to 64MiB (4096, 64KiB"},
           {{"produce", "t", "--record-bytes", "1GiB"},
            "'1GiB' is no number of bytes from 0 to 64MiB"},
           {{"latency", "t", "--record-bytes", "15"}, "'15' is no number of bytes from 16 to"},
           {{"produce", "t", "--batch-bytes", "0"}, "bytes from 1 to"},
           {{"produce", "t", "--duration", "soon"}, "'soon' is no time from 1ms to 30d (250ms, 3s"},
           {{"produce", "t", "--duration", "0s"}, "is no time from 1ms"},
           {{"produce", "t", "--linger", "2min"}, "is no time from 0ms to 1min"},
           {{"consume", "t", "--timeout", ""}, "is no time from"},
           {{"produce", "t", "--rate", "0"}, "'0' is not a number from 1 to 1000000000"},
           {{"produce", "t", "--count", "0"}, "is not a number from 1 to"},
           {{"produce", "t", "--create", "0"}, "from 1 to 100000"},
           {{"produce", "t", "--in-flight", "0"}, "from 1 to 10000"},
           {{"produce", "t", "--in-flight", "6"}, "--in-flight: 1 to 5 with --acks all"},
           {{"produce", "t", "--acks", "2"}, "{all,1,0}"},
           {{"latency", "t", "--acks", "0"}, "--acks: with 0 nothing is acknowledged"},
           {{"produce", "t", "--compression", "gzip", "--compression-level", "10"},
            "gzip has levels from 1 to 9"},
           {{"consume", "t", "--rate", "5"}, "bench consume has no option --rate"},
           {{"failover", "t", "--rounds", "3"}, "--rounds: only with --kill-command"},
           {{"failover", "t", "--victim", "none", "--kill-command", "k"}, "{any,controller,other}"},
           {{"latncy", "t"}, "did you mean bench latency?"},
           {{},
            "'ropewalk bench' needs a command: produce, consume, latency, "
            "failover"}})
    EXPECT_THAT(words(c.arguments), HasSubstr(c.words));
}

}  // namespace
}  // namespace ropewalk::cli
