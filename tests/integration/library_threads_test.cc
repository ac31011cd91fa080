// The client library against a real broker, from several threads at once: what sim tests, which
// have one thread, cannot show. Every delivery is decided exactly once, whoever asks and when.
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/command_fixture.h"
#include <ropewalk/client.h>
#include <ropewalk/producer.h>

namespace ropewalk::support {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kThreads = 4;
constexpr std::size_t kRecords = 5000;  // Of each thread.

// One record's deliveries are told in three ways, which must agree.
struct Sent {
  Delivery delivery;
  std::shared_ptr<std::atomic<int>> called;  // Null: it has no callback.
};

class LibraryThreads : public CommandFixture {
 protected:
  void SetUp() override {
    CommandFixture::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_EQ(run("rw topic create t --partitions 2"), 0) << content("stderr");
    auto connected = Client::connect({.brokers = {fmt::format("127.0.0.1:{}", broker_->port)}});
    ASSERT_TRUE(connected) << to_string(connected.error());
    client_ = std::make_unique<Client>(std::move(*connected));
  }

  ProducerOptions small_batches() {
    ProducerOptions options;
    options.batch_bytes = 2000;
    options.linger = milliseconds(1);
    options.on_delivered = [this](const PartitionName&, const Result<Delivered>& delivered) {
      told_++;
      if (!delivered) told_of_failures_++;
    };
    return options;
  }

  // Every thread sends its records to both partitions in turn and sets a callback for each second
  // one, mostly while the I/O thread decides.
  void send_all(Producer& producer) {
    sent_.assign(kThreads, {});
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; t++) {
      threads.emplace_back([&producer, &mine = sent_[t]] {
        for (std::size_t n = 0; n < kRecords; n++) {
          const auto partition = static_cast<std::int32_t>(n / 2 % 2);
          Sent sent{producer.send({.topic = "t", .value = "x", .partition = partition}), nullptr};
          if (n % 2 == 0) {
            sent.called = std::make_shared<std::atomic<int>>(0);
            sent.delivery.then([called = sent.called](const auto&) { called->fetch_add(1); });
          }
          if (n % 500 == 499) static_cast<void>(sent.delivery.wait(std::chrono::seconds(60)));
          mine.push_back(std::move(sent));
        }
      });
    }
    while_sending_();
    for (std::thread& thread : threads) thread.join();
  }

  // Results by their error, `none` for those that are stored. Ends the client first: its I/O thread
  // may still be telling.
  std::map<Errc, std::size_t> results() {
    client_.reset();
    std::map<Errc, std::size_t> counted;
    std::map<std::int32_t, std::set<std::int64_t>> offsets;
    for (const std::vector<Sent>& of_thread : sent_) {
      std::map<std::int32_t, std::int64_t> last;
      for (const Sent& sent : of_thread) {
        EXPECT_TRUE(sent.delivery.ready());
        EXPECT_TRUE(!sent.called || *sent.called == 1) << *sent.called << " calls";
        const Result<Delivered> result = sent.delivery.wait();
        counted[result ? Errc::none : result.error().code]++;
        if (!result) continue;
        const auto [at, is_first] = last.try_emplace(result->partition.partition, -1);
        EXPECT_GT(result->offset, at->second) << "a thread's records keep their order";
        at->second = result->offset;
        EXPECT_TRUE(offsets[result->partition.partition].insert(result->offset).second);
      }
    }
    EXPECT_EQ(told_, kThreads * kRecords);
    EXPECT_EQ(told_of_failures_, kThreads * kRecords - counted[Errc::none]);
    return counted;
  }

  std::unique_ptr<Client> client_;
  std::function<void()> while_sending_ = [] {};
  std::vector<std::vector<Sent>> sent_;
  std::atomic<std::size_t> told_{0};
  std::atomic<std::size_t> told_of_failures_{0};
};

TEST_F(LibraryThreads, ShareAProducerThatWaitsForRoom) {
  ProducerOptions options = small_batches();
  options.buffer_bytes = 32 << 10;
  Producer producer(*client_, options);
  send_all(producer);
  EXPECT_TRUE(producer.close());
  EXPECT_THAT(results(), testing::ElementsAre(std::pair(Errc::none, kThreads * kRecords)));
}

TEST_F(LibraryThreads, ShareAProducerThatDropsTheOldest) {
  ProducerOptions options = small_batches();
  options.buffer_bytes = 8 << 10;
  options.when_full = WhenFull::drop_oldest;
  Producer producer(*client_, options);
  send_all(producer);
  EXPECT_TRUE(producer.close());
  const ProducerStatistics statistics = producer.statistics();
  auto counted = results();
  EXPECT_EQ(statistics.records_acknowledged, counted[Errc::none]);
  EXPECT_EQ(statistics.records_dropped, counted[Errc::cancelled]);
  EXPECT_EQ(counted[Errc::none] + counted[Errc::cancelled] + counted[Errc::budget_exceeded],
            kThreads * kRecords);
}

TEST_F(LibraryThreads, HearOfEveryRecordWhenOneClosesTheProducer) {
  Producer producer(*client_, small_batches());
  while_sending_ = [&] {
    while (told_ < kThreads * kRecords / 10) std::this_thread::yield();
    producer.close_now();
  };
  send_all(producer);
  auto counted = results();
  EXPECT_GT(counted[Errc::none], 0u);
  EXPECT_EQ(counted[Errc::none] + counted[Errc::closed], kThreads * kRecords);
}

}  // namespace
}  // namespace ropewalk::support
