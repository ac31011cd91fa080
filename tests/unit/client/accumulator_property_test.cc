// Whatever fails, and in whatever order: the accumulator against a partition that keeps what it is
// sent.
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/records/batch_validator.h"
#include "common/records/record_reader.h"
#include "tests/unit/client/accumulator_rig.h"

namespace ropewalk::client {
namespace {

using std::chrono::milliseconds;

// The broker's half of idempotence, for one partition: what Kafka's brokers do.
class ModelPartition {
 public:
  // The base offset, or why not.
  Result<std::int64_t> append(const BatchHeader& header, ByteSpan batch) {
    if (header.producer_epoch.value() < epoch_) return fail(Errc::invalid_producer_epoch, "");
    if (header.producer_epoch.value() > epoch_) {
      if (header.base_sequence != 0) return fail(Errc::out_of_order_sequence_number, "");
      epoch_ = header.producer_epoch.value();
      last_five_.clear();
      next_sequence_ = 0;
    }
    for (const auto& [sequence, base] : last_five_) {
      if (sequence == header.base_sequence) return base;
    }
    if (header.base_sequence != next_sequence_) return fail(Errc::out_of_order_sequence_number, "");
    const auto base = static_cast<std::int64_t>(values.size());
    auto reader = RecordReader::open(batch, 1 << 20).value();
    while (auto record = reader.next().value()) values.emplace_back(as_text(*record->value));
    next_sequence_ += header.records_count;
    last_five_.emplace_back(header.base_sequence, base);
    if (last_five_.size() > 5) last_five_.pop_front();
    return base;
  }

  std::vector<std::string> values;

 private:
  std::int16_t epoch_ = 0;
  std::int32_t next_sequence_ = 0;
  std::deque<std::pair<std::int32_t, std::int64_t>> last_five_;
};

// Batches are lost before and after the broker has them, refused, answered late; some expire. Every
// delivery that succeeded is at its offset, nothing is stored twice, and each partition keeps the
// order of sending.
TEST(AccumulatorProperty, DeliversInOrderAndOnceWhateverFails) {
  std::uint64_t epoch_changes = 0, expired = 0, repeated = 0;
  for (std::uint64_t seed = 1; seed <= 300; seed++) {
    std::mt19937_64 random(seed);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    constexpr std::int32_t kPartitions = 2;
    const ProducerOptions options{.batch_bytes = 200,
                                  .linger = milliseconds(random() % 3),
                                  .delivery_timeout = milliseconds(500 + random() % 4000)};
    Accumulator accumulator(options, ClientOptions{}, seed, std::make_shared<NoWaiting>());
    std::map<std::int32_t, ModelPartition> broker;
    std::vector<Delivery> deliveries;
    std::vector<ProducerBatchPtr> flying;
    env::MonotonicTime now = kStart;
    std::int16_t epoch = -1;
    const unsigned trouble = static_cast<unsigned>(random() % 50);
    constexpr std::size_t kRecords = 200;
    for (int step = 0; step < 100'000; step++) {
      if (deliveries.size() < kRecords && chance(50)) {
        Record record{.topic = "t",
                      .value = std::to_string(deliveries.size()),
                      .partition = static_cast<std::int32_t>(random() % kPartitions)};
        const auto taken = accumulator.append(record, Timestamp(), [&] { return now; });
        ASSERT_TRUE(taken);
        deliveries.emplace_back(taken->deliveries, taken->index);
      }
      if (!accumulator.unknown_topics().empty()) accumulator.topic_known("t", kPartitions, now);
      if (accumulator.identity_needed() && chance(30)) {
        if (++epoch > 0) epoch_changes++;
        accumulator.identify(ProducerId(1), ProducerEpoch(epoch));
      }
      for (const PartitionName& name : accumulator.ready(now)) {
        if (ProducerBatchPtr batch = accumulator.take(name, now, Way{})) {
          ASSERT_TRUE(seal(*batch, Codec::none));
          if (batch->attempts > 1) repeated++;
          flying.push_back(std::move(batch));
        }
      }
      if (!flying.empty() && chance(60)) {
        // Of one partition the oldest first, as a connection keeps the order.
        const ProducerBatchPtr batch = flying.front();
        flying.erase(flying.begin());
        if (chance(trouble)) {  // Lost on the way there.
          accumulator.failed(batch, {Errc::closed, ""}, false, 0, now);
        } else if (chance(trouble)) {
          accumulator.failed(batch, {Errc::not_leader_or_follower, ""}, true, 0, now);
        } else {
          auto stored = broker[batch->partition.partition].append(
              BatchHeader::parse(batch->sealed.span()).value(), batch->sealed.span());
          if (chance(trouble)) {  // The answer is lost.
            accumulator.failed(batch, {Errc::closed, ""}, false, 0, now);
          } else if (stored) {
            accumulator.succeeded(batch, *stored, std::nullopt);
          } else {
            accumulator.failed(batch, stored.error(), true, 0, now);
          }
        }
      }
      now += milliseconds(random() % 20);
      accumulator.expire(now);
      for (Decided& one : accumulator.take_decided()) one.tell();
      if (deliveries.size() == kRecords && accumulator.held_bytes() == 0) break;
    }
    ASSERT_EQ(accumulator.held_bytes(), 0u) << "seed " << seed << " never ended";
    std::set<std::string> seen;
    for (const auto& [index, partition] : broker) {
      int last = -1;
      for (const std::string& value : partition.values) {
        ASSERT_TRUE(seen.insert(value).second) << "seed " << seed << ": " << value << " twice";
        ASSERT_GT(std::stoi(value), last) << "seed " << seed << ": out of order";
        last = std::stoi(value);
      }
    }
    for (std::size_t i = 0; i < deliveries.size(); i++) {
      ASSERT_TRUE(deliveries[i].ready()) << "seed " << seed;
      const Result<Delivered> result = deliveries[i].wait();
      if (!result) {
        expired++;
        ASSERT_EQ(result.error().code, Errc::request_timed_out);
        continue;
      }
      const auto& values = broker[result->partition.partition].values;
      ASSERT_EQ(values.at(static_cast<std::size_t>(result->offset)), std::to_string(i))
          << "seed " << seed;
    }
  }
  EXPECT_GT(epoch_changes, 0u);
  EXPECT_GT(expired, 0u);
  EXPECT_GT(repeated, 0u);
}

}  // namespace
}  // namespace ropewalk::client
