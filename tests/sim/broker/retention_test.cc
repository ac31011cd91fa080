// What retention takes from a whole broker, and what those who read there meet.
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "common/log.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

const PartitionName kOrders{.topic = "orders", .partition = 0};
constexpr auto kOneCheck = 6min;  // Of retention.
constexpr auto kTwoChecks = 11min;

class BrokerRetention : public ::testing::Test {
 protected:
  void create(std::vector<TopicSetting> settings) {
    ASSERT_TRUE(cluster_.start(0));
    const auto created =
        Admin(cluster_.client())
            .create_topic({.name = "orders", .partitions = 1, .settings = std::move(settings)});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  void produce(int records, std::optional<Timestamp> at = {}) {
    Producer producer(cluster_.client(), {});
    std::vector<Delivery> deliveries;
    for (int i = 0; i < records; i++)
      deliveries.push_back(
          producer.send({.topic = "orders", .value = std::to_string(sent_++), .timestamp = at}));
    for (const Delivery& delivery : deliveries) {
      const auto delivered = delivery.wait();
      ASSERT_TRUE(delivered) << to_string(delivered.error());
    }
  }
  std::int64_t begin() {
    Consumer consumer(cluster_.client());
    return consumer.beginning_offsets({kOrders}).value().at(0);
  }
  std::uint64_t bytes_of_segments() {
    std::uint64_t bytes = 0;
    for (const std::string& file : cluster_.disk(0).files())
      if (file.ends_with(".log")) bytes += cluster_.disk(0).content(file)->size();
    return bytes;
  }
  // Each record is at the offset of its number.
  static void expect_in_order(const Records& records, std::int64_t& next) {
    for (const ConsumedRecord& record : records) {
      ASSERT_GE(record.offset, next);
      EXPECT_EQ(*record.value, std::to_string(record.offset));
      next = record.offset + 1;
    }
  }

  SimCluster cluster_{{.seed = 21, .segment_bytes = 16 << 10}};
  int sent_ = 0;
};

Timestamp at_ms(std::int64_t ms) { return Timestamp(std::chrono::milliseconds(ms)); }

// C19: what is read is taken away under the reader, again and again.
TEST_F(BrokerRetention, ReadersGoOnWhereTheLogBegins) {
  create({{"retention.ms", "1000"}, {"segment.ms", "1000"}});
  Consumer attached(cluster_.client());
  Consumer slow(cluster_.client(), {.prefetch_bytes = 4 << 10, .poll_records_max = 100});
  Consumer strict(cluster_.client(), {.offset_reset = OffsetReset::fail});
  for (Consumer* const consumer : {&attached, &slow, &strict})
    ASSERT_TRUE(consumer->assign({kOrders}));
  std::int64_t next_attached = 0;
  std::int64_t next_slow = 0;
  for (int burst = 0; burst < 6; burst++) {
    produce(1500);
    for (int polls = 0; next_attached < sent_ && polls < 100; polls++) {
      const auto records = attached.poll(10s);
      ASSERT_TRUE(records) << burst << to_string(records.error());
      expect_in_order(*records, next_attached);
    }
    EXPECT_EQ(next_attached, sent_) << burst;
    for (int polls = 0; polls < 2; polls++) {
      const auto records = slow.poll(10s);
      ASSERT_TRUE(records) << burst << to_string(records.error());
      expect_in_order(*records, next_slow);
      cluster_.world().run_for(2s);
    }
    cluster_.world().run_for(kOneCheck);
    EXPECT_EQ(begin(), sent_) << burst;

    ASSERT_TRUE(strict.seek(kOrders, 0));
    const auto gone = strict.poll(10s);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::offset_out_of_range);
    ASSERT_TRUE(strict.seek_to_beginning(kOrders));
    EXPECT_TRUE(strict.poll(10ms));
    EXPECT_EQ(strict.position(kOrders).value(), sent_);
  }
  produce(10);
  for (int polls = 0; next_slow < sent_ && polls < 1000; polls++)
    expect_in_order(slow.poll(10s).value(), next_slow);
  EXPECT_EQ(next_slow, sent_);
}

// C16: one record of the year 2100 where the topic takes it.
TEST_F(BrokerRetention, OneTimeFarAheadKeepsNothing) {
  create({{"retention.ms", "10000"}, {"message.timestamp.after.max.ms", "9223372036854775807"}});
  produce(500);
  produce(1, at_ms(4'102'444'800'000));
  produce(499);
  const std::uint64_t before = bytes_of_segments();
  cluster_.world().run_for(kTwoChecks);
  EXPECT_EQ(begin(), 1000);
  EXPECT_LT(bytes_of_segments(), before);
}

// C16: on a topic that stamps itself, what the client says of the time counts nowhere.
TEST_F(BrokerRetention, TheBrokersTimesAgeWhateverTheClientSays) {
  create({{"retention.ms", "3600000"}, {"message.timestamp.type", "LogAppendTime"}});
  produce(10, at_ms(4'102'444'800'000));
  produce(10, at_ms(0));
  cluster_.world().run_for(kTwoChecks);
  EXPECT_EQ(begin(), 0);
  cluster_.world().run_for(1h);
  EXPECT_EQ(begin(), 20);
}

// C15: what bears no time stays as long as the topic says; what is of long ago goes by the rules,
// and the broker says so.
TEST_F(BrokerRetention, OldTimesDoNotGoSilently) {
  create({{"retention.ms", "604800000"}});
  std::mutex mutex;
  std::vector<std::string> warnings;
  set_log_sink([&](std::string_view line) {
    const std::scoped_lock lock(mutex);
    if (line.find("retention") != line.npos) warnings.emplace_back(line);
  });
  produce(3, at_ms(-1));
  cluster_.world().run_for(kTwoChecks);
  EXPECT_EQ(begin(), 0);
  EXPECT_THAT(warnings, ::testing::IsEmpty());
  ASSERT_TRUE(Admin(cluster_.client()).delete_records({{.partition = kOrders, .before = {}}}));
  for (const std::int64_t time : {std::int64_t{0}, std::int64_t{1'700'000'000}}) {
    warnings.clear();
    const int first = sent_;
    produce(3, at_ms(time));
    cluster_.world().run_for(kTwoChecks);
    EXPECT_EQ(begin(), first + 3);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_THAT(warnings[0], ::testing::HasSubstr("came only lately"));
    EXPECT_THAT(warnings[0],
                ::testing::HasSubstr(fmt::format("offsets {} to {}", first, first + 2)));
  }
  set_log_sink({});
}

// C30: emptied, idle until the segment is too old, restarted, and written to again.
TEST_F(BrokerRetention, AnEmptiedLogRollsAndGoesOn) {
  create({{"segment.ms", "1000"}});
  for (int round = 0; round < 20; round++) {
    produce(1);
    const auto deleted =
        Admin(cluster_.client()).delete_records({{.partition = kOrders, .before = {}}});
    ASSERT_TRUE(deleted) << round << to_string(deleted.error());
    cluster_.world().run_for(5s);
    if (round % 3 == 0) cluster_.kill(0);
    if (round % 3 == 1) cluster_.stop(0);
    if (round % 3 == 2) cluster_.power_cut(0);
    const auto started = cluster_.start(0);
    ASSERT_TRUE(started) << round << to_string(started.error());
    cluster_.world().run_for(5s);
    ASSERT_EQ(begin(), sent_) << round;
  }
  produce(1);
  Consumer consumer(cluster_.client());
  ASSERT_TRUE(consumer.assign({kOrders}));
  std::int64_t next = 0;
  expect_in_order(consumer.poll(10s).value(), next);
  EXPECT_EQ(next, 21);
}

}  // namespace
}  // namespace ropewalk::testing
