// One broker under load, killed and robbed of its power again and again: what it acknowledged is
// there afterwards, once, in order, at its offset (R4, R9).
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"
#include "tests/sim/broker/history.h"
#include "tests/support/sanitized.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "orders";
constexpr std::uint64_t kSeeds = support::seeds_here(520);
constexpr std::uint64_t kShards = 4;

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

class CrashRun {
 public:
  explicit CrashRun(std::uint64_t seed)
      : random_(sim::derive_seed(seed, "crash run")),
        partitions_(1 + static_cast<std::int32_t>(random_.below(4))),
        cluster_({.seed = seed,
                  .cores = 1 + random_.below(2),
                  .segment_bytes = std::int64_t{16 << 10} << random_.below(3)}),
        history_(partitions_) {
    cluster_.world().network().connection_loss = random_.chance(0.3) ? 0.01 : 0;
    sim::DiskFaults& faults = cluster_.disk(0).faults;
    faults.sync_stall = random_.chance(0.3) ? 0.02 : 0;
    faults.stall = 200ms;
  }

  void run() {
    ASSERT_NO_FATAL_FAILURE(start_broker());
    ASSERT_NO_FATAL_FAILURE(create_topic());
    ProducerOptions options;
    options.linger = std::chrono::milliseconds(random_.below(4));
    options.compression = random_.chance(0.5) ? Compression::lz4 : Compression::none;
    options.batch_bytes = std::size_t{1} << (9 + random_.below(6));
    producer_.emplace(cluster_.client(), options);
    const std::uint64_t rounds = 2 + random_.below(3);
    for (std::uint64_t round = 0; round < rounds; round++) {
      send_some();
      crash();
      if (random_.chance(0.3)) send_some();  // Nobody is there: the client keeps it.
      ASSERT_NO_FATAL_FAILURE(come_back());
    }
    send_some();
    EXPECT_TRUE(producer_->flush(200s));
    EXPECT_EQ(history_.acknowledged() + history_.failed(), history_.sent());
    EXPECT_EQ(history_.failed(), 0U) << history_.first_failure();
    producer_.reset();
    ASSERT_NO_FATAL_FAILURE(check_partitions());
    cluster_.power_cut(0);  // What was read is durable too: it is there again.
    ASSERT_NO_FATAL_FAILURE(start_broker());
    check_partitions();
  }

  const Counts& counts() { return cluster_.world().counts(); }
  std::uint64_t acknowledged() const { return history_.acknowledged(); }

 private:
  void start_broker() {
    const auto started = cluster_.start(0);
    ASSERT_TRUE(started) << to_string(started.error());
  }

  void create_topic() {
    Admin admin(cluster_.client());
    for (;;) {
      const auto created =
          admin.create_topic({.name = kTopic, .partitions = partitions_, .replication_factor = 1});
      if (created || created.error().code == Errc::topic_already_exists) return;
      // The connection was lost: look again.
      ASSERT_EQ(created.error().code, Errc::outcome_unknown) << to_string(created.error());
    }
  }

  void send_some() {
    const std::uint64_t records = 5 + random_.below(30);
    for (std::uint64_t i = 0; i < records; i++) {
      const auto partition =
          static_cast<std::int32_t>(random_.below(static_cast<std::uint64_t>(partitions_)));
      const std::string value =
          history_.send(partition, random_.below(random_.below(8) ? 300 : 4000));
      producer_->send({.topic = kTopic, .value = value, .partition = partition})
          .then(
              [this, value](const Result<Delivered>& result) { history_.decided(value, result); });
      if (random_.chance(0.3))
        cluster_.world().run_for(std::chrono::microseconds(random_.below(5000)));
    }
    cluster_.world().run_for(std::chrono::microseconds(random_.below(30'000)));
  }

  void crash() {
    switch (random_.below(5)) {
      case 0:
        cluster_.stop(0);
        break;
      case 1:
        cluster_.kill(0);
        break;
      default:
        cluster_.power_cut(0);
        break;
    }
    cluster_.world().run_for(std::chrono::milliseconds(random_.below(2000)));
  }

  // Perhaps with another crash in the middle of the recovery.
  void come_back() {
    while (random_.chance(0.3)) {
      cluster_.begin_start(0);
      cluster_.world().run_for(std::chrono::microseconds(random_.below(30'000)));
      cluster_.world().world().count("broker.crash_while_starting");
      if (random_.chance(0.5))
        cluster_.kill(0);
      else
        cluster_.power_cut(0);
    }
    start_broker();
  }

  void check_partitions() {
    Consumer consumer(cluster_.client());
    std::vector<PartitionName> names;
    for (std::int32_t p = 0; p < partitions_; p++) names.push_back({kTopic, p});
    const auto ends = consumer.end_offsets(names);
    ASSERT_TRUE(ends) << to_string(ends.error());
    ASSERT_TRUE(consumer.assign(names));
    std::map<std::int32_t, std::map<std::int64_t, std::string>> stored;
    std::int64_t left = 0;
    for (const std::int64_t end : *ends) left += end;
    for (int polls = 0; left > 0 && polls < 1000; polls++) {
      const auto records = consumer.poll(1s);
      ASSERT_TRUE(records) << to_string(records.error());
      for (const ConsumedRecord& record : *records) {
        stored[record.partition].emplace(record.offset, std::string(record.value.value_or("")));
        left--;
      }
    }
    EXPECT_EQ(left, 0) << "records below the end that cannot be read";
    for (std::int32_t p = 0; p < partitions_; p++)
      for (const std::string& wrong : history_.check(p, stored[p])) ADD_FAILURE() << wrong;
  }

  env::Random random_;
  const std::int32_t partitions_;
  SimCluster cluster_;
  History history_;
  std::optional<Producer> producer_;
};

struct Summary {
  Counts counts;
  std::uint64_t acknowledged = 0;
};

void run_seed(std::uint64_t seed, Summary& summary) {
  SCOPED_TRACE(fmt::format("replay with RW_SEED={}", seed));
  CrashRun run(seed);
  run.run();
  for (const auto& [name, count] : run.counts()) summary.counts[name] += count;
  summary.acknowledged += run.acknowledged();
}

class BrokerCrash : public ::testing::TestWithParam<std::uint64_t> {};

// RW_SEED runs that one seed instead, in the first shard, and asks for no coverage.
TEST_P(BrokerCrash, AcknowledgedRecordsSurviveOnceAndInOrder) {
  Summary summary;
  if (std::getenv("RW_SEED") != nullptr) {
    if (GetParam() != 0) GTEST_SKIP() << "RW_SEED is for the first shard";
    run_seed(sim::seed_from_environment(0), summary);
    return;
  }
  const std::uint64_t from = GetParam() * (kSeeds / kShards);
  for (std::uint64_t seed = from; seed < from + kSeeds / kShards; seed++) {
    run_seed(seed, summary);
    if (HasFailure()) break;  // The first seed that fails is the one to look at.
  }
  std::printf("%lu records acknowledged\n%s", summary.acknowledged,
              sim::describe(summary.counts).c_str());
  EXPECT_GT(summary.acknowledged, 1000U);
  for (const char* name :
       {"node.kill", "node.power_cut", "power_cut.torn_file", "power_cut.lost_write",
        "power_cut.lost_entry", "broker.clean_stop", "broker.crash_while_starting",
        "net.connection_lost", "net.refused_connect", "disk.sync_stall", "disk.would_block",
        "serial.refused"})
    EXPECT_GT(summary.counts[name], 0U) << name << " never happened";
}

INSTANTIATE_TEST_SUITE_P(Shards, BrokerCrash, ::testing::Range<std::uint64_t>(0, kShards));

}  // namespace
}  // namespace ropewalk::testing
