// kill -9 while retention, rolls, deletions and changes of settings are under way: what was
// answered holds afterwards, and no file stays that nothing speaks of.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "tests/integration/changes.h"
#include "tests/integration/data_folders.h"
#include "tests/integration/tracked_producer.h"
#include "tests/support/broker_process.h"
#include "tests/support/fetch_records.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 2;
constexpr std::int64_t kRetentionBytes = 200'000;
constexpr std::size_t kPadding = 200;
constexpr auto kPatience = 60s;

int number_from(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

class ChangesKillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directories_ = {folder_.file("one"), folder_.file("two")};
    options_.data_directory = directories_[0] + "," + directories_[1];
    options_.stderr_file = folder_.file("broker.log");
    options_.flags = {"--segment-bytes", "64KiB", "--retention-check-interval", "1s"};
  }
  void TearDown() override { folder_.keep_if(HasFailure()); }

  void start() {
    auto next = start_ready_broker(options_, kPatience);
    ASSERT_TRUE(next) << to_string(next.error());
    broker_.emplace(std::move(*next));
  }

  // Small segments and little retained: rolls and retention never rest.
  void make_topic() {
    auto client = NativeClient::connect(broker_->port, 20s);
    ASSERT_TRUE(client) << to_string(client.error());
    const auto made = client->create_topic({.name = "aging", .partitions = kPartitions});
    ASSERT_TRUE(made) << to_string(made.error());
    topic_id_ = *made;
    const auto set =
        set_topic(*client, topic_id_,
                  {{"retention.ms", "-1"}, {"retention.bytes", std::to_string(kRetentionBytes)}});
    ASSERT_TRUE(set) << to_string(set.error());
  }

  // What a new process says, before anybody asks for more.
  void judge(Changes& changes) {
    auto client = NativeClient::connect(broker_->port, 20s);
    ASSERT_TRUE(client) << to_string(client.error());
    ASSERT_EQ(changes.judge(*client), "");
    for (std::int32_t partition = 0; partition < kPartitions; partition++) {
      const auto bounds = bounds_of(*client, topic_id_, partition);
      ASSERT_TRUE(bounds) << to_string(bounds.error());
      auto& before = begins_[static_cast<std::size_t>(partition)];
      ASSERT_GE(bounds->begin, before) << "the log's start went back";
      before = bounds->begin;
    }
    // Files of what was removed go behind the answer.
    const auto until = std::chrono::steady_clock::now() + kPatience;
    std::string orphan;
    do {
      const auto topics = all_topics(*client);
      ASSERT_TRUE(topics) << to_string(topics.error());
      orphan = orphan_in(directories_, *topics);
      if (!orphan.empty()) std::this_thread::sleep_for(5ms);
    } while (!orphan.empty() && std::chrono::steady_clock::now() < until);
    ASSERT_EQ(orphan, "");
  }

  // Lives may all have been shorter than a look of retention.
  void wait_for_retention() {
    auto client = NativeClient::connect(broker_->port, 20s);
    ASSERT_TRUE(client) << to_string(client.error());
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      const auto bounds = bounds_of(*client, topic_id_, 1);
      ASSERT_TRUE(bounds) << to_string(bounds.error());
      if (bounds->begin > 0 || std::chrono::steady_clock::now() > until) return;
      std::this_thread::sleep_for(5ms);
    }
  }

  // Everything from the log's start on, each record at the offset that is its number; and what
  // retention may not take is there.
  void judge_records(std::int32_t partition, const TrackedProducer& producer) {
    SCOPED_TRACE(fmt::format("partition {}", partition));
    EXPECT_EQ(producer.fault(), "");
    auto client = NativeClient::connect(broker_->port, 20s);
    ASSERT_TRUE(client) << to_string(client.error());
    const auto bounds = bounds_of(*client, topic_id_, partition);
    ASSERT_TRUE(bounds) << to_string(bounds.error());
    ASSERT_EQ(bounds->end, producer.sent_records());
    std::int64_t next = bounds->begin;
    while (next < bounds->end) {
      const auto got =
          fetch_records(*client, {.topic_id = topic_id_, .partition = partition, .offset = next});
      ASSERT_TRUE(got) << to_string(got.error());
      ASSERT_FALSE(got->records.empty());
      for (const StoredRecord& record : got->records) {
        ASSERT_EQ(record.offset, next);
        ASSERT_EQ(record.value, tracked_value(partition, next, kPadding));
        next++;
      }
    }
    if (partition == 0 || bounds->begin == 0) return;  // Records of that one were deleted.
    const auto least = kRetentionBytes / static_cast<std::int64_t>(kPadding + 60);
    EXPECT_GE(bounds->end - bounds->begin, least) << "retention took more than it may";
  }

  TemporaryDirectory folder_{"changes"};
  std::vector<std::string> directories_;
  BrokerOptions options_;
  std::optional<BrokerProcess> broker_;
  std::string topic_id_;
  std::vector<std::int64_t> begins_ = std::vector<std::int64_t>(kPartitions);
};

// A test that fails leaves no broker to wait for.
struct AbandonAtTheEnd {
  std::vector<std::unique_ptr<TrackedProducer>>& producers;
  ~AbandonAtTheEnd() {
    for (auto& each : producers) each->abandon();
  }
};

TEST_F(ChangesKillTest, WhatWasAnsweredHoldsAndNothingIsLeftBehind) {
  const int kills = number_from("RW_KILLS", 8);
  const auto seed = static_cast<unsigned>(
      number_from("RW_SEED", static_cast<int>(std::random_device()() & 0x7fffffff)));
  SCOPED_TRACE(fmt::format("RW_SEED={}", seed));
  std::mt19937 random(seed);
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(make_topic());
  std::atomic<std::uint16_t> port = broker_->port;
  const auto where = [&port] { return port.load(); };
  std::vector<std::unique_ptr<TrackedProducer>> producers;
  const AbandonAtTheEnd abandon{producers};
  for (std::int32_t partition = 0; partition < kPartitions; partition++)
    producers.push_back(std::make_unique<TrackedProducer>(
        TrackedProducer::Options{.topic_id = topic_id_,
                                 .partition = partition,
                                 .seed = seed + static_cast<unsigned>(partition),
                                 .port = where,
                                 .padding = kPadding}));
  Changes changes({.port = where, .topic_id = topic_id_});
  for (int kill = 0; kill < kills; kill++) {
    // Retention looks once a second: some lives are longer than that.
    std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 1300));
    broker_->process.kill_hard();
    port = 0;
    if (random() % 4 == 0) {  // Once more, in recovery or in what a removal left to do.
      auto starting = start_broker(options_);
      ASSERT_TRUE(starting) << to_string(starting.error());
      static_cast<void>(starting->read_line(std::chrono::milliseconds(1 + random() % 60)));
      starting->kill_hard();
    }
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_NO_FATAL_FAILURE(judge(changes));
    port = broker_->port;
  }
  ASSERT_NO_FATAL_FAILURE(wait_for_retention());
  changes.finish();
  for (auto& each : producers) each->finish();
  broker_->process.kill_hard();
  port = 0;
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(judge(changes));
  for (std::int32_t partition = 0; partition < kPartitions; partition++)
    judge_records(partition, *producers[static_cast<std::size_t>(partition)]);
  const auto counts = changes.counts();
  std::printf(
      "seed %u: %d kills; topics made %lu, removed %lu; settings changed %lu; records deleted %lu "
      "times; %lu changes without an answer; partitions begin at %ld and %ld\n",
      seed, kills, counts.made, counts.removed, counts.set, counts.deleted_up_to, counts.unanswered,
      begins_[0], begins_[1]);
  // A run in which nothing was under way when the broker died proves nothing.
  EXPECT_GT(counts.removed, 0U);
  EXPECT_GT(counts.set, 0U);
  EXPECT_GT(counts.deleted_up_to, 0U);
  EXPECT_GT(counts.unanswered, 0U);
  EXPECT_GT(begins_[1], 0) << "retention took nothing";
}

}  // namespace
}  // namespace ropewalk::support
