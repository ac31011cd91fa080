// What a producer does when its memory is full, and partitioners of the program's: the accumulator
// alone.
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/src/core/accumulator.h"

namespace ropewalk::client {
namespace {

using std::chrono::milliseconds;

struct NoWaiting : Waiting {
  bool wait(const std::function<bool()>& ready, std::chrono::nanoseconds) override {
    return ready();
  }
};

// Sends to topics that are known once learn() was called; every batch holds one record.
struct Sender {
  explicit Sender(ProducerOptions options)
      : accumulator(
            [&] {
              options.batch_bytes = 1;
              options.linger = milliseconds(0);
              return options;
            }(),
            ClientOptions{}, 1, std::make_shared<NoWaiting>()) {}

  void learn(const std::string& topic, std::int32_t partitions = 1) {
    accumulator.topic_known(topic, partitions, now);
    accumulator.identify(ProducerId(7), ProducerEpoch(0));
  }
  // Its delivery; nothing, and `refused` says why, if it was not taken.
  std::optional<Delivery> send(Record record) {
    now += milliseconds(1);
    auto taken = accumulator.append(record, Timestamp(), [this] { return now; });
    refused = taken ? Errc::none : taken.error().code;
    tell();
    if (!taken) return std::nullopt;
    return Delivery(taken->deliveries, taken->index);
  }
  void tell() {
    for (Decided& one : accumulator.take_decided()) {
      for (std::uint32_t i = 0; i < one.records; i++) told.push_back(one.where);
      one.tell();
    }
  }
  static Errc fate(const std::optional<Delivery>& delivery) {
    if (!delivery->ready()) return Errc::would_block;
    const auto result = delivery->wait();
    return result ? Errc::none : result.error().code;
  }

  Accumulator accumulator;
  env::MonotonicTime now{std::chrono::hours(1)};
  std::vector<PartitionName> told;
  Errc refused = Errc::none;
};

// Two records of 1000 bytes have room, three do not.
constexpr std::size_t kTwo = 2500;
Record record_to(std::string topic) {
  return {.topic = std::move(topic), .value = std::string(1000, 'x')};
}

TEST(ProducerOptions, DropsTheOldestOfAnyPartitionForANewRecord) {
  Sender s({.buffer_bytes = kTwo, .when_full = WhenFull::drop_oldest});
  const auto waits = s.send(record_to("unknown"));
  const auto first = s.send(record_to("a"));
  s.learn("a");
  const auto second = s.send(record_to("b"));
  s.learn("b");
  EXPECT_EQ(Sender::fate(waits), Errc::cancelled) << "the oldest waits for its topic";
  EXPECT_EQ(Sender::fate(first), Errc::would_block);
  const auto third = s.send(record_to("b"));
  EXPECT_EQ(Sender::fate(first), Errc::cancelled);
  EXPECT_THAT(first->wait().error().context, testing::HasSubstr("drop_oldest"));
  EXPECT_EQ(Sender::fate(second), Errc::would_block);
  EXPECT_EQ(Sender::fate(third), Errc::would_block);
  EXPECT_EQ(s.accumulator.statistics().records_dropped, 2u);
  EXPECT_EQ(s.accumulator.statistics().records_failed, 2u);
  EXPECT_EQ(s.accumulator.statistics().records_buffered, 2u);
  EXPECT_EQ(s.told.at(0), (PartitionName{"unknown", -1}));
}

TEST(ProducerOptions, NeverDropsWhatWasSent) {
  Sender s({.buffer_bytes = kTwo, .when_full = WhenFull::drop_oldest});
  (void)s.send({.topic = "a"});
  s.learn("a");
  const PartitionName a{"a", 0};
  s.accumulator.succeeded(s.accumulator.take(a, s.now, Way{}), 0, std::nullopt);
  s.tell();
  const auto first = s.send(record_to("a"));
  const ProducerBatchPtr on_its_way = s.accumulator.take(a, s.now, Way{});
  ASSERT_TRUE(on_its_way);
  const auto second = s.send(record_to("a"));
  const ProducerBatchPtr too = s.accumulator.take(a, s.now, Way{});
  ASSERT_TRUE(too);
  EXPECT_FALSE(s.send(record_to("a")));
  EXPECT_EQ(s.refused, Errc::budget_exceeded);
  // One that comes back to be sent again may be stored: it stays as well.
  s.accumulator.failed(too, {Errc::closed, ""}, false, 0, s.now);
  s.accumulator.succeeded(on_its_way, 1, std::nullopt);
  s.tell();
  EXPECT_EQ(Sender::fate(first), Errc::none);
  const auto fourth = s.send(record_to("a"));
  const auto fifth = s.send(record_to("a"));
  EXPECT_EQ(Sender::fate(second), Errc::would_block);
  EXPECT_EQ(Sender::fate(fourth), Errc::cancelled);
  EXPECT_EQ(Sender::fate(fifth), Errc::would_block);
}

TEST(ProducerOptions, AsksTheProgramsPartitionerFirst) {
  Sender s({.partitioner = [](const Record& record,
                              std::int32_t partitions) -> std::optional<std::int32_t> {
    if (record.value == "last") return partitions - 1;
    if (record.value == "out") return partitions;
    if (record.value == "throws") throw std::runtime_error("no idea");
    return std::nullopt;
  }});
  (void)s.send({.topic = "t", .value = "last"});
  s.learn("t", 3);
  const auto ready_at = [&](std::int32_t partition) {
    return s.accumulator.take({"t", partition}, s.now, Way{}) != nullptr;
  };
  EXPECT_TRUE(ready_at(2));
  const auto named = s.send({.topic = "t", .value = "last", .partition = 1});
  EXPECT_TRUE(ready_at(1)) << "a record's own partition comes first";
  const auto by_key = s.send({.topic = "t", .key = "k", .value = "x"});
  EXPECT_TRUE(ready_at(partition_of_key(as_bytes(std::string_view("k")), 3)));
  EXPECT_EQ(Sender::fate(s.send({.topic = "t", .value = "out"})), Errc::unknown_topic_or_partition);
  const auto threw = s.send({.topic = "t", .value = "throws"});
  EXPECT_EQ(Sender::fate(threw), Errc::invalid_record);
  EXPECT_THAT(threw->wait().error().context, testing::HasSubstr("no idea"));
}

}  // namespace
}  // namespace ropewalk::client
