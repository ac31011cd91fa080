// kill -9 and SIGTERM under the commands that people use: what `ropewalk produce` has printed,
// `ropewalk consume` prints again.
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/integration/produce_run.h"
#include "tests/support/broker_process.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 4;
constexpr auto kPatience = 180s;  // Machines were seen to stand still for a minute.

int number_from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

bool exited_with_zero(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

struct Consumed {
  std::int64_t offset = 0;
  std::string key;
  std::string value;
};
using Partitions = std::map<std::int64_t, std::vector<Consumed>>;

// What the judgement saw, for the line at the end.
struct Counts {
  int hard = 0;
  int in_start = 0;
  int soft = 0;
  std::size_t acknowledged = 0;
  std::size_t stored = 0;
  std::size_t resent = 0;  // Stored once more by producers that are not idempotent.
};

class CommandKill : public ::testing::Test {
 protected:
  void SetUp() override {
    broker_options_.data_directory = directory_.file("data");
    broker_options_.stderr_file = directory_.file("broker.log");
    // Small files, so that kills meet the moment of a new one. An address that no connection of a
    // client has as its own: a client that looks for a broker that is down cannot find itself.
    broker_options_.flags = {"--segment-bytes", "262144"};
    broker_options_.listen = "127.0.0.2:0";
    start_broker_again();
    // Clients look for it where it was.
    broker_options_.listen = fmt::format("127.0.0.2:{}", broker_->port);
  }
  void TearDown() override { directory_.keep_if(HasFailure()); }

  void start_broker_again() {
    auto started = start_ready_broker(broker_options_, kPatience);
    ASSERT_TRUE(started) << to_string(started.error()) << ", see " << broker_options_.stderr_file;
    broker_ = std::make_unique<BrokerProcess>(std::move(*started));
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

  // One end of the broker and its next start.
  void kill_once() {
    if (below(4) == 0) {
      broker_->process.signal(SIGTERM);
      ASSERT_TRUE(exited_with_zero(broker_->process.wait()));
      counts_.soft++;
    } else {
      broker_->process.kill_hard();
      counts_.hard++;
    }
    if (below(5) == 0) {  // Once more, before it is ready.
      auto starting = start_broker(broker_options_);
      ASSERT_TRUE(starting) << to_string(starting.error());
      static_cast<void>(starting->read_line(std::chrono::milliseconds(1 + below(60))));
      starting->kill_hard();
      counts_.in_start++;
    }
    start_broker_again();
  }

  Result<Process> command(std::vector<std::string> words) {
    std::vector<std::string> all = {program("ropewalk"), "--brokers", broker_options_.listen};
    all.insert(all.end(), words.begin(), words.end());
    return Process::start({.command = all, .stderr_file = directory_.file("commands.log")});
  }

  void make_topic(const std::string& name, const std::string& durability) {
    auto create = command({"topic", "create", name, "--partitions", std::to_string(kPartitions),
                           "--set", "durability=" + durability});
    ASSERT_TRUE(create) << to_string(create.error());
    ASSERT_TRUE(exited_with_zero(create->wait())) << "creating " << name;
  }

  void consume(const std::string& topic, Partitions& into) {
    auto consume = command({"consume", topic, "--format", "json"});
    ASSERT_TRUE(consume) << to_string(consume.error());
    for (;;) {
      const auto line = consume->read_line(kPatience);
      if (!line && line.error().code == Errc::closed) break;
      ASSERT_TRUE(line) << "consuming " << topic << ": " << to_string(line.error());
      const auto parsed = boost::json::parse(*line).as_object();
      const auto& key = parsed.at("key");
      into[parsed.at("partition").as_int64()].push_back(
          {parsed.at("offset").as_int64(), key.is_null() ? "" : std::string(key.as_string()),
           std::string(parsed.at("value").as_string())});
    }
    ASSERT_TRUE(exited_with_zero(consume->wait())) << "consuming " << topic;
  }

  void judge(const ProduceRun& run);
  void judge_partition(const ProduceRun& run, const std::vector<Consumed>& records,
                       const std::map<std::int64_t, std::int64_t>& line_at);

  TemporaryDirectory directory_{"commands"};
  BrokerOptions broker_options_;
  std::unique_ptr<BrokerProcess> broker_;
  std::mt19937_64 random_;
  Counts counts_;
};

// Every acknowledged line stands once where the command said, lines of a partition in the order in
// which they went in, and nothing else is there. A producer with acks=1 is not idempotent: what it
// sent again, because an answer was lost with the broker, may be stored twice, the first time at an
// offset that it never heard of.
void CommandKill::judge(const ProduceRun& run) {
  SCOPED_TRACE("topic " + run.options().topic + ", acks " + run.options().acks);
  Partitions stored;
  consume(run.options().topic, stored);
  std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> line_at;  // By partition, offset.
  std::set<std::int64_t> lines;
  for (const PrintedOffset& printed : run.printed()) {
    ASSERT_TRUE(lines.insert(printed.line).second) << "line " << printed.line << " printed twice";
    ASSERT_TRUE(line_at[printed.partition].emplace(printed.offset, printed.line).second)
        << "two lines at offset " << printed.offset << " of partition " << printed.partition;
  }
  for (const auto& [partition, records] : line_at) {
    SCOPED_TRACE("partition " + std::to_string(partition));
    ASSERT_NO_FATAL_FAILURE(judge_partition(run, stored[partition], records));
  }
  for (const auto& [partition, records] : stored) EXPECT_TRUE(line_at.contains(partition));
}

void CommandKill::judge_partition(const ProduceRun& run, const std::vector<Consumed>& records,
                                  const std::map<std::int64_t, std::int64_t>& line_at) {
  std::size_t found = 0;
  std::set<std::string> unheard_of;
  std::int64_t last_line = 0;
  for (std::size_t i = 0; i < records.size(); i++) {
    const Consumed& record = records[i];
    ASSERT_EQ(record.offset, static_cast<std::int64_t>(i));
    const auto at = line_at.find(record.offset);
    if (at == line_at.end()) {
      ASSERT_EQ(run.options().acks, "1") << record.value << " at offset " << record.offset
                                         << " is there twice, or was never acknowledged";
      unheard_of.insert(record.value);
      continue;
    }
    found++;
    unheard_of.erase(record.value);
    ASSERT_EQ(record.value, run.value_of(at->second)) << "at offset " << record.offset;
    if (run.options().keys) ASSERT_EQ(record.key, ProduceRun::key_of(at->second));
    ASSERT_GT(at->second, last_line) << "out of order at offset " << record.offset;
    last_line = at->second;
  }
  ASSERT_EQ(found, line_at.size()) << "acknowledged lines are missing at the end";
  ASSERT_TRUE(unheard_of.empty()) << *unheard_of.begin() << " was stored, but never acknowledged";
  counts_.stored += records.size();
  counts_.resent += records.size() - found;
}

TEST_F(CommandKill, WhatProduceHasPrintedConsumePrintsOnceInOrder) {
  const int rounds = number_from_environment("RW_ROUNDS", 12);
  const auto seed = static_cast<unsigned>(
      number_from_environment("RW_SEED", static_cast<int>(std::random_device()() & 0x7fffffff)));
  random_.seed(seed);
  std::printf("seed %u\n", seed);
  std::vector<std::unique_ptr<ProduceRun>> runs;
  for (int round = 0; round < rounds; round++) {
    SCOPED_TRACE(fmt::format("seed {}, round {}", seed, round));
    ProduceRun::Options options{.brokers = broker_options_.listen,
                                .topic = fmt::format("round-{}", round),
                                .acks = round % 2 == 0 ? "all" : "1",
                                .keys = below(2) == 0,
                                .number = round,
                                .stderr_file = directory_.file("produce.log")};
    ASSERT_NO_FATAL_FAILURE(
        make_topic(options.topic, round / 2 % 2 == 0 ? "synced" : "replicated"));
    auto run = ProduceRun::start(options);
    ASSERT_TRUE(run) << to_string(run.error());
    for (std::size_t kills = 1 + below(3); kills > 0; kills--) {
      // A life without an acknowledgement would prove nothing.
      ASSERT_TRUE((*run)->wait_for_acks(1, kPatience));
      (*run)->wait_for_acks(1 + below(4000), std::chrono::milliseconds(1 + below(400)));
      ASSERT_NO_FATAL_FAILURE(kill_once());
    }
    ASSERT_TRUE((*run)->wait_for_acks(1, kPatience));
    EXPECT_TRUE(exited_with_zero((*run)->finish())) << "see " << options.stderr_file;
    EXPECT_EQ((*run)->fault(), "");
    EXPECT_EQ((*run)->printed().size(), static_cast<std::size_t>((*run)->lines()));
    counts_.acknowledged += (*run)->printed().size();
    runs.push_back(std::move(*run));
  }
  // What is read is what a new process finds.
  broker_->process.kill_hard();
  start_broker_again();
  for (const auto& run : runs) judge(*run);
  std::printf(
      "%d rounds: killed %d times, %d in a start, stopped %d times; %zu lines acknowledged, "
      "%zu records stored, of them %zu by acks=1 once more\n",
      rounds, counts_.hard, counts_.in_start, counts_.soft, counts_.acknowledged, counts_.stored,
      counts_.resent);
}

}  // namespace
}  // namespace ropewalk::support
