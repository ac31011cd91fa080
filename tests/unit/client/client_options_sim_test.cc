// What a program may choose and see: pausing, times, full memory, closing, statistics, its own code
// inside. The whole client in the simulation.
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/sim_world.h"
#include <ropewalk/admin.h>
#include <ropewalk/producer.h>

namespace ropewalk::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Timestamp at_ms(std::int64_t ms) { return Timestamp(milliseconds(ms)); }

// A topic "t" with one partition that holds "0", "1", ... at 1000, 1010, ... ms.
void fill(World& world, int records) {
  world.broker->make_topic("t", 1);
  Producer producer(world.client, {.batch_bytes = 200});
  for (int i = 0; i < records; i++)
    (void)producer.send(
        {.topic = "t", .value = std::to_string(i), .timestamp = at_ms(1000 + 10 * i)});
  ASSERT_TRUE(producer.close());
}
const PartitionName kT0{.topic = "t", .partition = 0};

TEST(ClientOptionsSim, SeeksToATimeOrToTheEnd) {
  World world;
  fill(world, 30);
  Consumer consumer(world.client, {.offset_reset = OffsetReset::fail});
  EXPECT_EQ(consumer.seek_to_time(kT0, at_ms(0)).error().code, Errc::invalid_request);
  ASSERT_TRUE(consumer.assign({kT0}));
  ASSERT_TRUE(consumer.seek_to_time(kT0, at_ms(1095)));
  EXPECT_EQ(consumer.position(kT0).value(), 10);
  EXPECT_EQ(read_values(consumer, 20).front(), "10");
  ASSERT_TRUE(consumer.seek_to_time(kT0, at_ms(0)));
  EXPECT_EQ(consumer.position(kT0).value(), 0);
  ASSERT_TRUE(consumer.seek_to_time(kT0, at_ms(1'000'000)));
  EXPECT_EQ(consumer.position(kT0).value(), 30);
}

TEST(ClientOptionsSim, GivesNothingOfWhatIsPaused) {
  World world;
  fill(world, 30);
  Consumer consumer(world.client, {.poll_records_max = 5});
  ASSERT_TRUE(consumer.assign({kT0}));
  EXPECT_EQ(read_values(consumer, 5).size(), 5u);
  ASSERT_TRUE(consumer.pause({kT0}));
  EXPECT_THAT(consumer.paused(), testing::ElementsAre(kT0));
  EXPECT_TRUE(consumer.poll(seconds(3))->empty());
  EXPECT_EQ(consumer.position(kT0).value(), 5);
  ASSERT_TRUE(consumer.resume({kT0}));
  EXPECT_EQ(read_values(consumer, 25).front(), "5");
}

TEST(ClientOptionsSim, AFullProducerFailsOrDropsAsItWasTold) {
  World world;
  world.broker->make_topic("t", 1);
  world.simulation.network().isolate("broker");
  const auto record = [] { return Record{.topic = "t", .value = std::string(900, 'x')}; };

  Producer strict(world.client, {.buffer_bytes = 2500, .when_full = WhenFull::fail});
  (void)strict.send(record());
  (void)strict.send(record());
  const auto before = world.simulation.now();
  const Delivery refused = strict.send(record());
  EXPECT_EQ(world.simulation.now(), before) << "it waited";
  ASSERT_TRUE(refused.ready());
  EXPECT_EQ(refused.wait().error().code, Errc::budget_exceeded);

  Producer fresh(world.client, {.buffer_bytes = 2500, .when_full = WhenFull::drop_oldest});
  std::vector<Delivery> deliveries;
  for (int i = 0; i < 4; i++) deliveries.push_back(fresh.send(record()));
  ASSERT_TRUE(deliveries[1].ready());
  EXPECT_EQ(deliveries[0].wait().error().code, Errc::cancelled);
  EXPECT_EQ(deliveries[1].wait().error().code, Errc::cancelled);
  EXPECT_FALSE(deliveries[2].ready());
  world.simulation.network().heal();
  EXPECT_TRUE(deliveries[2].wait(seconds(60)));
  EXPECT_TRUE(deliveries[3].wait(seconds(60)));
  EXPECT_EQ(fresh.statistics().records_dropped, 2u);
}

// Was: a record that waited for its topic when the flush began lingered after it had come.
TEST(ClientOptionsSim, ClosesInOrderUntilADeadlineOrAtOnce) {
  World world;
  world.broker->make_topic("t", 1);
  Producer orderly(world.client, {.linger = std::chrono::hours(1)});
  const Delivery last = orderly.send({.topic = "t", .value = "last"});
  ASSERT_TRUE(orderly.close(seconds(10)));
  EXPECT_TRUE(last.ready() && last.wait());
  EXPECT_EQ(orderly.send({.topic = "t", .value = "late"}).wait().error().code, Errc::closed);

  world.simulation.network().isolate("broker");
  Producer late(world.client);
  const Delivery lost = late.send({.topic = "t", .value = "x"});
  const auto before = world.simulation.now();
  EXPECT_EQ(late.close(seconds(2)).error().code, Errc::request_timed_out);
  EXPECT_EQ(world.simulation.now() - before, seconds(2));
  ASSERT_TRUE(lost.ready());
  EXPECT_EQ(lost.wait().error().code, Errc::closed);

  Producer hasty(world.client);
  const Delivery dropped = hasty.send({.topic = "t", .value = "x"});
  const auto now = world.simulation.now();
  hasty.close_now();
  EXPECT_EQ(world.simulation.now(), now);
  ASSERT_TRUE(dropped.ready());
  EXPECT_EQ(dropped.wait().error().code, Errc::closed);
}

TEST(ClientOptionsSim, CountsWhatItDoes) {
  World world;
  world.broker->make_topic("t", 2);
  Producer producer(world.client, {.batch_bytes = 300});
  for (int i = 0; i < 50; i++) (void)producer.send({.topic = "t", .value = std::to_string(i)});
  EXPECT_EQ(producer.statistics().records_buffered, 50u);
  EXPECT_GT(producer.statistics().bytes_buffered, 50u);
  ASSERT_TRUE(producer.flush());
  (void)producer.send({.topic = "", .value = "refused"});
  const ProducerStatistics sent = producer.statistics();
  EXPECT_EQ(sent.records_sent, 50u);
  EXPECT_EQ(sent.records_acknowledged, 50u);
  EXPECT_EQ(sent.records_failed, 1u);
  EXPECT_EQ(sent.records_buffered, 0u);
  EXPECT_EQ(sent.bytes_buffered, 0u);
  EXPECT_GT(sent.batches_sent, 2u);
  EXPECT_EQ(sent.batches_acknowledged, sent.batches_sent);
  EXPECT_EQ(sent.bytes_sent, sent.bytes_acknowledged);
  EXPECT_EQ(sent.retries, 0u);
  EXPECT_GT(sent.requests.sent, 0u);
  EXPECT_EQ(sent.requests.in_flight, 0u);
  EXPECT_GT(sent.requests.latency_average.count(), 0);
  EXPECT_GE(sent.requests.latency_max, sent.requests.latency_average);

  Consumer consumer(world.client);
  ASSERT_TRUE(consumer.assign_topic("t"));
  EXPECT_EQ(read_values(consumer, 50).size(), 50u);
  const ConsumerStatistics read = consumer.statistics();
  EXPECT_EQ(read.records_consumed, 50u);
  EXPECT_EQ(read.bytes_consumed, 10u + 2 * 40);
  EXPECT_EQ(read.batches_fetched, sent.batches_acknowledged);
  EXPECT_EQ(read.bytes_fetched, sent.bytes_acknowledged);
  EXPECT_EQ(read.bytes_buffered, 0u);
  EXPECT_EQ(read.partitions_assigned, 2u);
  EXPECT_GT(read.requests.sent, 0u);

  const ClientStatistics all = world.client.statistics();
  EXPECT_EQ(all.connections_opened, 1u);
  EXPECT_EQ(all.reconnects, 0u);
  EXPECT_GE(all.requests.sent, sent.requests.sent + read.requests.sent);
  EXPECT_GT(all.bytes_sent, sent.bytes_sent);
  EXPECT_GT(all.bytes_received, read.bytes_fetched);
}

TEST(ClientOptionsSim, CountsRetriesAndReconnects) {
  World world;
  world.broker->make_topic("t", 1);
  world.broker->lose_answers = 10;
  Producer producer(world.client, {.batch_bytes = 100, .linger = milliseconds(0)});
  for (int i = 0; i < 50; i++) (void)producer.send({.topic = "t", .value = std::to_string(i)});
  ASSERT_TRUE(producer.flush(std::chrono::minutes(5)));
  const ProducerStatistics sent = producer.statistics();
  EXPECT_EQ(sent.records_acknowledged, 50u);
  EXPECT_GT(sent.retries, 0u);
  EXPECT_EQ(sent.batches_sent, sent.batches_acknowledged + sent.retries);
  EXPECT_GT(sent.requests.failed, 0u);
  EXPECT_GT(world.client.statistics().reconnects, 0u);
}

TEST(ClientOptionsSim, InterceptorsSeeEachRecordOnItsWay) {
  World world;
  world.broker->make_topic("t", 3);
  std::vector<std::pair<PartitionName, Errc>> fates;
  ProducerOptions options;
  options.partitioner = [](const Record& record, std::int32_t) -> std::optional<std::int32_t> {
    return record.key == "moved" ? 2 : 0;
  };
  options.on_send = [](Record& record) {
    record.key = "moved";
    record.headers.push_back({.key = "trace", .value = "1"});
  };
  options.on_delivered = [&](const PartitionName& where, const Result<Delivered>& delivered) {
    fates.emplace_back(where, delivered ? Errc::none : delivered.error().code);
  };
  Producer producer(world.client, options);
  EXPECT_EQ(
      producer.send({.topic = "t", .key = "k", .value = "x"}).wait(seconds(5))->partition.partition,
      2);
  (void)producer.send({.topic = "", .value = "x"});
  EXPECT_THAT(fates, testing::ElementsAre(std::pair(PartitionName{"t", 2}, Errc::none),
                                          std::pair(PartitionName{"", -1}, Errc::invalid_topic)));

  std::vector<std::string> seen;
  Consumer consumer(world.client, {.on_consumed = [&](const Records& records) {
                      for (const ConsumedRecord& record : records)
                        seen.emplace_back(record.headers.at(0).value.value());
                    }});
  ASSERT_TRUE(consumer.assign_topic("t"));
  EXPECT_EQ(read_values(consumer, 1).size(), 1u);
  EXPECT_THAT(seen, testing::ElementsAre("1"));
}

TEST(ClientOptionsSim, LivesOnWhenCodeOfTheProgramThrows) {
  World world;
  world.broker->make_topic("t", 1);
  ProducerOptions options;
  options.linger = milliseconds(1);
  options.on_send = [](Record& record) {
    if (record.value == "bad") throw std::runtime_error("not this one");
  };
  options.on_delivered = [](const PartitionName&, const Result<Delivered>&) { throw 7; };
  Producer producer(world.client, options);
  const Delivery first = producer.send({.topic = "t", .value = "0"});
  first.then([](const Result<Delivered>&) { throw std::runtime_error("in a callback"); });
  const Delivery second = producer.send({.topic = "t", .value = "1"});
  ASSERT_TRUE(producer.flush());
  EXPECT_TRUE(first.ready() && second.ready());
  EXPECT_EQ(world.client.statistics().callback_failures, 3u);
  const auto bad = producer.send({.topic = "t", .value = "bad"}).wait();
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::invalid_record);
  EXPECT_THAT(bad.error().context, testing::HasSubstr("not this one"));
  EXPECT_TRUE(producer.send({.topic = "t", .value = "2"}).wait(seconds(5)));

  Consumer consumer(world.client, {.on_consumed = [](const Records&) { throw 7; }});
  ASSERT_TRUE(consumer.assign({kT0}));
  EXPECT_THAT(read_values(consumer, 3), testing::ElementsAre("0", "1", "2"));
}

// What the batch of one record of text takes in the broker's log, with that level.
std::size_t stored_bytes(Compression codec, int level) {
  World world;
  world.broker->make_topic("t", 1);
  Producer producer(world.client, {.compression = codec, .compression_level = level});
  std::string text;
  for (int i = 0; i < 5000; i++) text += std::to_string(i * i % 9973) + ' ';
  const auto delivered = producer.send({.topic = "t", .value = text}).wait();
  EXPECT_TRUE(delivered) << to_string(delivered.error());
  Consumer consumer(world.client);
  EXPECT_TRUE(consumer.assign_topic("t"));
  EXPECT_THAT(read_values(consumer, 1), testing::ElementsAre(text));
  return world.broker->partition("t", 0).batches.at(0).size();
}

TEST(ClientOptionsSim, CompressesAtTheLevelItWasTold) {
  EXPECT_GT(stored_bytes(Compression::gzip, 1), stored_bytes(Compression::gzip, 9));
  EXPECT_GT(stored_bytes(Compression::lz4, 1), stored_bytes(Compression::lz4, 12));
  EXPECT_GT(stored_bytes(Compression::zstd, -1000), stored_bytes(Compression::zstd, 22));
}

TEST(ClientOptionsSim, ALevelThatTheCodecDoesNotKnowFailsTheDelivery) {
  World world;
  world.broker->make_topic("t", 1);
  const auto refusal = [&](Compression codec, int level) {
    Producer producer(world.client, {.compression = codec, .compression_level = level});
    const auto delivered = producer.send({.topic = "t", .value = "x"}).wait();
    return delivered ? Error{Errc::none, ""} : delivered.error();
  };
  EXPECT_EQ(refusal(Compression::gzip, 10).code, Errc::invalid_request);
  EXPECT_EQ(refusal(Compression::gzip, 10).context, "gzip has levels from 1 to 9, not 10");
  EXPECT_EQ(refusal(Compression::gzip, 0).code, Errc::invalid_request);
  EXPECT_EQ(refusal(Compression::lz4, 13).code, Errc::invalid_request);
  EXPECT_EQ(refusal(Compression::zstd, 23).code, Errc::invalid_request);
  EXPECT_EQ(refusal(Compression::zstd, -131073).code, Errc::invalid_request);
  EXPECT_EQ(refusal(Compression::snappy, 1).context, "snappy has no levels");
  EXPECT_EQ(refusal(Compression::none, 1).context, "none has no levels");
}

}  // namespace
}  // namespace ropewalk::client
