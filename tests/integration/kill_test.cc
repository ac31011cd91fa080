#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/integration/tracked_producer.h"
#include "tests/support/broker_process.h"
#include "tests/support/fetch_records.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 4;
constexpr auto kStartPatience = 60s;

int number_from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.data_directory = directory_.file("data");
    options_.stderr_file = directory_.file("broker.log");
  }
  void TearDown() override {
    if (HasFailure()) {
      std::ifstream log(options_.stderr_file);
      std::string line;
      std::deque<std::string> last;
      while (std::getline(log, line)) {
        last.push_back(line);
        if (last.size() > 40) last.pop_front();
      }
      for (const auto& each : last) std::fprintf(stderr, "broker: %s\n", each.c_str());
    }
    directory_.keep_if(HasFailure());
  }

  // Waits for so many more acknowledged batches, or so long.
  void wait_for_acks(int count, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const int wanted = acks_ + count;
    changed_.wait_for(lock, patience, [&] { return acks_ >= wanted; });
  }
  void acknowledged() {
    std::lock_guard lock(mutex_);
    acks_++;
    changed_.notify_all();
  }

  std::unique_ptr<TrackedProducer> producer(const std::string& topic_id, std::int32_t partition,
                                            std::uint64_t seed) {
    return std::make_unique<TrackedProducer>(
        TrackedProducer::Options{.topic_id = topic_id,
                                 .partition = partition,
                                 .seed = seed,
                                 .port = [this] { return port_.load(); },
                                 .acknowledged = [this] { acknowledged(); }});
  }

  // Every acknowledged record is there, once, in order, at its offset; and, since nobody else
  // wrote, nothing else is.
  void judge(NativeClient& client, const std::string& topic_id, std::int32_t partition,
             const TrackedProducer& producer) {
    SCOPED_TRACE("partition " + std::to_string(partition));
    EXPECT_EQ(producer.fault(), "");
    const auto stored = read_partition(client, topic_id, partition);
    ASSERT_TRUE(stored) << to_string(stored.error());
    ASSERT_EQ(stored->size(), static_cast<std::size_t>(producer.sent_records()));
    for (std::size_t i = 0; i < stored->size(); i++) {
      const auto number = static_cast<std::int64_t>(i);
      ASSERT_EQ((*stored)[i].offset, number);
      ASSERT_EQ((*stored)[i].value, tracked_value(partition, number));
    }
    std::int64_t expected = 0;
    for (const auto& batch : producer.acked()) {
      ASSERT_EQ(batch.first_number, expected);
      ASSERT_EQ(batch.base_offset, batch.first_number);
      expected += batch.count;
    }
    EXPECT_EQ(expected, producer.sent_records());
  }

  TemporaryDirectory directory_{"kill"};
  BrokerOptions options_;
  std::atomic<std::uint16_t> port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int acks_ = 0;
};

TEST_F(KillTest, EveryAcknowledgedRecordSurvivesKillsUnderLoad) {
  const int kills = number_from_environment("RW_KILLS", 24);
  const auto seed = static_cast<unsigned>(
      number_from_environment("RW_SEED", static_cast<int>(std::random_device()() & 0x7fffffff)));
  std::mt19937 random(seed);
  const auto below = [&](int bound) {
    return static_cast<int>(random() % static_cast<unsigned>(bound));
  };

  auto broker = start_ready_broker(options_, kStartPatience);
  ASSERT_TRUE(broker) << to_string(broker.error());
  std::string topic_id;
  {
    auto client = NativeClient::connect(broker->port, 20s);
    ASSERT_TRUE(client) << to_string(client.error());
    auto made = client->create_topic({.name = "killed", .partitions = kPartitions});
    ASSERT_TRUE(made) << to_string(made.error());
    topic_id = *made;
  }
  port_ = broker->port;
  std::vector<std::unique_ptr<TrackedProducer>> producers;
  for (std::int32_t partition = 0; partition < kPartitions; partition++)
    producers.push_back(producer(topic_id, partition, seed + static_cast<unsigned>(partition)));

  int during_start = 0;
  for (int kill = 0; kill < kills; kill++) {
    wait_for_acks(1 + below(300), std::chrono::milliseconds(1 + below(400)));
    port_ = 0;
    broker->process.kill_hard();
    // One in four is killed once more before it is ready: in recovery, or as it registers.
    if (below(4) == 0) {
      auto starting = start_broker(options_);
      ASSERT_TRUE(starting) << to_string(starting.error());
      static_cast<void>(starting->read_line(std::chrono::milliseconds(1 + below(60))));
      starting->kill_hard();
      during_start++;
    }
    auto next = start_ready_broker(options_, kStartPatience);
    ASSERT_TRUE(next) << "after kill " << kill + 1 << ": " << to_string(next.error());
    broker = std::move(next);
    port_ = broker->port;
  }
  // The last life must carry load as well.
  wait_for_acks(50, 20s);
  for (auto& each : producers) each->finish();

  // What is read is what a new process finds, not what this one remembers.
  port_ = 0;
  broker->process.kill_hard();
  auto last = start_ready_broker(options_, kStartPatience);
  ASSERT_TRUE(last) << to_string(last.error());
  auto client = NativeClient::connect(last->port, 20s);
  ASSERT_TRUE(client) << to_string(client.error());
  std::int64_t records = 0;
  std::uint64_t resent = 0;
  for (std::int32_t partition = 0; partition < kPartitions; partition++) {
    const auto& each = *producers[static_cast<std::size_t>(partition)];
    judge(*client, topic_id, partition, each);
    records += each.sent_records();
    resent += each.resent_batches();
  }
  std::printf(
      "seed %u: %d kills under load, %d during a start, %lld records, %llu batches resent\n", seed,
      kills, during_start, static_cast<long long>(records),
      static_cast<unsigned long long>(resent));
  // A run in which nothing was under way when the broker died proves nothing.
  EXPECT_GT(resent, 0u);
  EXPECT_GT(records, kills);
}

TEST_F(KillTest, AStopSignalEndsCleanlyAndLosesNothing) {
  auto broker = start_ready_broker(options_, kStartPatience);
  ASSERT_TRUE(broker) << to_string(broker.error());
  auto client = NativeClient::connect(broker->port, 20s);
  ASSERT_TRUE(client) << to_string(client.error());
  auto topic_id = client->create_topic({.name = "stopped"});
  ASSERT_TRUE(topic_id) << to_string(topic_id.error());
  port_ = broker->port;
  auto under_load = producer(*topic_id, 0, 1);
  wait_for_acks(20, 20s);
  port_ = 0;
  broker->process.signal(SIGTERM);
  const int status = broker->process.wait();
  EXPECT_TRUE(WIFEXITED(status)) << "status " << status;
  EXPECT_EQ(WEXITSTATUS(status), 0);
  broker = start_ready_broker(options_, kStartPatience);
  ASSERT_TRUE(broker) << to_string(broker.error());
  port_ = broker->port;
  wait_for_acks(20, 20s);
  under_load->finish();
  auto again = NativeClient::connect(broker->port, 20s);
  ASSERT_TRUE(again) << to_string(again.error());
  judge(*again, *topic_id, 0, *under_load);
}

TEST_F(KillTest, ASecondBrokerOnTheSameDirectoryIsRefused) {
  auto broker = start_ready_broker(options_, kStartPatience);
  ASSERT_TRUE(broker) << to_string(broker.error());
  auto second = start_broker(options_);
  ASSERT_TRUE(second) << to_string(second.error());
  EXPECT_FALSE(second->read_line(20s));
  const int status = second->wait();
  EXPECT_TRUE(WIFEXITED(status)) << "status " << status;
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_TRUE(NativeClient::connect(broker->port, 20s));
}

}  // namespace
}  // namespace ropewalk::support
