#include "client/src/core/accumulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/accumulator_rig.h"

namespace ropewalk::client {
namespace {

using std::chrono::milliseconds;

// An accumulator with one topic "t", and its producer id.
struct Fixture {
  explicit Fixture(ProducerOptions options = {}, std::int32_t partitions = 1)
      : accumulator(options, ClientOptions{}, 1, std::make_shared<NoWaiting>()) {
    if (partitions == 0) return;
    (void)send("first");
    accumulator.topic_known("t", partitions, now);
    accumulator.identify(ProducerId(7), ProducerEpoch(0));
    for (const PartitionName& name : accumulator.ready(now + options.linger))
      accumulator.succeeded(accumulator.take(name, now + options.linger, way), 0, std::nullopt);
    take_decided();
  }

  // Its delivery, if it was taken.
  std::optional<Delivery> send(std::string value, std::optional<std::int32_t> to = {}) {
    Record record{.topic = "t", .value = std::move(value), .partition = to};
    auto taken = accumulator.append(record, Timestamp(), [this] { return now; });
    if (!taken) {
      due = fail(taken.error());
      return std::nullopt;
    }
    due = taken->due;
    return Delivery(taken->deliveries, taken->index);
  }
  void take_decided() {
    for (Decided& one : accumulator.take_decided()) one.tell();
  }
  ProducerBatchPtr take(std::int32_t partition = 0) {
    ProducerBatchPtr batch = accumulator.take({"t", partition}, now, way);
    if (batch) EXPECT_TRUE(seal(*batch, Codec::none));
    return batch;
  }
  void fail_batch(const ProducerBatchPtr& batch, Errc code, bool answered = true) {
    accumulator.failed(batch, {code, ""}, answered, 0, now);
    now += std::chrono::seconds(2);  // Beyond any backoff.
  }

  Accumulator accumulator;
  env::MonotonicTime now = kStart;
  Way way{.leader = LeaderEpoch(3), .connection = 1};
  Result<env::MonotonicTime> due = env::kNever;
};

TEST(Accumulator, SendsABatchWhenItHasLingered) {
  Fixture f({.linger = milliseconds(5)});
  f.send("a");
  EXPECT_EQ(f.due.value(), f.now + milliseconds(5));
  f.send("b");
  EXPECT_EQ(f.due.value(), env::kNever);
  EXPECT_TRUE(f.accumulator.ready(f.now).empty());
  EXPECT_EQ(f.accumulator.next_event_after(f.now), f.now + milliseconds(5));
  EXPECT_EQ(f.take(), nullptr);
  f.now += milliseconds(5);
  const ProducerBatchPtr batch = f.take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->count, 2);
}

TEST(Accumulator, SendsABatchWhenItIsFull) {
  Fixture f({.batch_bytes = 1000, .linger = std::chrono::hours(1)});
  f.send(std::string(600, 'x'));
  EXPECT_EQ(f.take(), nullptr);
  f.send(std::string(600, 'y'));
  EXPECT_EQ(f.due.value(), f.now);
  ASSERT_TRUE(f.take());
  EXPECT_EQ(f.take(), nullptr);
}

// What cannot be sent before an answer comes needs no look before that; but it may have to be given
// up.
TEST(Accumulator, LeavesWhatWaitsForAnAnswerAlone) {
  Fixture f({.idempotent = false,
             .batch_bytes = 1000,
             .linger = milliseconds(5),
             .delivery_timeout = milliseconds(1000)});
  f.send(std::string(600, 'x'));
  f.now += milliseconds(5);
  const ProducerBatchPtr in_flight = f.take();
  f.send(std::string(600, 'y'));
  EXPECT_EQ(f.due.value(), f.now + milliseconds(1000));
  f.send("short");
  EXPECT_EQ(f.due.value(), env::kNever);
  f.send(std::string(600, 'z'));
  EXPECT_EQ(f.due.value(), f.now + milliseconds(1000));
  f.accumulator.succeeded(in_flight, 1, std::nullopt);
  EXPECT_THAT(f.accumulator.ready(f.now), testing::SizeIs(1));
}

TEST(Accumulator, BuildsABatchInTheMemoryOfAnEarlierOne) {
  Fixture f({.linger = milliseconds(0)});
  f.send("a");
  ProducerBatchPtr batch = f.take();
  const std::byte* memory = batch->sealed.data();
  f.accumulator.succeeded(batch, 1, std::nullopt);
  batch = nullptr;
  f.send("b");
  EXPECT_EQ(f.take()->sealed.data(), memory);
}

TEST(Accumulator, NumbersBatchesByTheirRecords) {
  Fixture f({.linger = milliseconds(0)});
  f.send("a");
  f.send("b");
  const ProducerBatchPtr first = f.take();
  f.send("c");
  const ProducerBatchPtr second = f.take();
  EXPECT_EQ(first->stamp.base_sequence, 1);  // The fixture sent one.
  EXPECT_EQ(second->stamp.base_sequence, 3);
  EXPECT_EQ(BatchHeader::parse(second->sealed.span())->base_sequence, 3);
}

// The old leader may still store the first; the new one may never have heard of this producer, and
// would take the second as its first.
TEST(Accumulator, SendsNothingToANewLeaderWhileABatchIsOnItsWayToTheOldOne) {
  Fixture f({.linger = milliseconds(0)});
  f.send("a");
  const ProducerBatchPtr first = f.take();
  f.send("b");
  f.way.leader = LeaderEpoch(4);
  EXPECT_EQ(f.take(), nullptr);
  f.fail_batch(first, Errc::network_exception, false);
  EXPECT_EQ(f.take(), first);
  EXPECT_EQ(f.take()->count, 1);
}

// Its connection has ended, but not every request has heard that yet; the broker may never have had
// the first.
TEST(Accumulator, SendsNothingByANewConnectionWhileABatchIsOnItsWayByTheOldOne) {
  Fixture f({.linger = milliseconds(0)});
  f.send("a");
  const ProducerBatchPtr first = f.take();
  f.send("b");
  f.way.connection = 2;
  EXPECT_EQ(f.take(), nullptr);
  f.fail_batch(first, Errc::request_timed_out, false);
  EXPECT_EQ(f.take(), first);
  EXPECT_EQ(f.take()->count, 1);
}

TEST(Accumulator, RepeatsInOrderAndOnlyWhenTheLaterOnesAreBack) {
  Fixture f({.linger = milliseconds(0)});
  f.send("a");
  const ProducerBatchPtr first = f.take();
  f.send("b");
  const ProducerBatchPtr second = f.take();
  f.send("c");
  f.fail_batch(first, Errc::not_leader_or_follower);
  EXPECT_EQ(f.take(), nullptr) << "the second is still on its way";
  f.fail_batch(second, Errc::out_of_order_sequence_number);
  EXPECT_EQ(f.take(), first);
  EXPECT_EQ(f.take(), second);
  EXPECT_EQ(first->attempts, 2);
  EXPECT_EQ(f.take()->count, 1);
}

TEST(Accumulator, WaitsBeforeItRepeats) {
  Fixture f({.linger = milliseconds(0)});
  f.send("a");
  const ProducerBatchPtr batch = f.take();
  f.accumulator.failed(batch, {Errc::closed, ""}, false, 0, f.now);
  EXPECT_EQ(f.take(), nullptr);
  const env::MonotonicTime again = f.accumulator.next_event_after(f.now);
  EXPECT_EQ(again, f.now + ClientOptions().retry_backoff);
  f.now = again;
  EXPECT_EQ(f.take(), batch);
}

TEST(Accumulator, HasOneBatchInFlightWithoutIdempotence) {
  Fixture f({.idempotent = false, .linger = milliseconds(0)});
  f.send("a");
  const ProducerBatchPtr first = f.take();
  f.send("b");
  EXPECT_EQ(f.take(), nullptr);
  EXPECT_EQ(first->stamp.id, kNoProducer);
  f.accumulator.succeeded(first, 10, std::nullopt);
  EXPECT_TRUE(f.take());
}

// The broker does not have the predecessor although nothing is undecided before the batch: it is
// sent under the next epoch, and not before every other batch is decided.
TEST(Accumulator, ChangesTheEpochOnceAllIsDecided) {
  Fixture f({.linger = milliseconds(0)}, 2);
  f.send("other", 1);
  const ProducerBatchPtr other = f.take(1);
  f.send("a", 0);
  const ProducerBatchPtr batch = f.take(0);
  f.fail_batch(batch, Errc::out_of_order_sequence_number);
  EXPECT_EQ(f.take(0), nullptr);
  EXPECT_FALSE(f.accumulator.identity_needed()) << "a batch of the other partition is undecided";
  f.accumulator.succeeded(other, 5, std::nullopt);
  ASSERT_TRUE(f.accumulator.identity_needed());
  EXPECT_EQ(f.accumulator.identity().id, ProducerId(7));
  f.accumulator.identify(ProducerId(7), ProducerEpoch(1));
  const ProducerBatchPtr again = f.take(0);
  ASSERT_EQ(again, batch);
  const BatchHeader header = BatchHeader::parse(again->sealed.span()).value();
  EXPECT_EQ(header.producer_epoch, ProducerEpoch(1));
  EXPECT_EQ(header.base_sequence, 0);
  EXPECT_TRUE(batch_crc_matches(again->sealed.span()));
}

// It was asked for, then what needed it ran out of time, and a new batch went out.
TEST(Accumulator, AnEpochThatComesTooLateIsNotTaken) {
  Fixture f({.linger = milliseconds(0)}, 2);
  f.send("a", 0);
  f.fail_batch(f.take(0), Errc::out_of_order_sequence_number);
  ASSERT_TRUE(f.accumulator.identity_needed());
  f.send("other", 1);
  f.accumulator.identify(ProducerId(7), ProducerEpoch(1));
  const ProducerBatchPtr other = f.take(1);
  ASSERT_TRUE(other);
  f.accumulator.identify(ProducerId(7), ProducerEpoch(2));
  EXPECT_EQ(f.accumulator.identity().epoch, ProducerEpoch(1)) << "a batch is under way";
}

TEST(Accumulator, ReusesTheSequenceOfABatchThatWasRefused) {
  Fixture f({.linger = milliseconds(0)});
  auto delivery = f.send("a");
  const ProducerBatchPtr refused = f.take();
  f.fail_batch(refused, Errc::message_too_large);
  f.take_decided();
  EXPECT_EQ(code_of(*delivery), Errc::message_too_large);
  f.send("b");
  EXPECT_EQ(f.take()->stamp.base_sequence, refused->stamp.base_sequence);
}

TEST(Accumulator, BeginsWithANewIdWhenItsOwnIsFenced) {
  Fixture f({.linger = milliseconds(0)});
  auto delivery = f.send("a");
  f.fail_batch(f.take(), Errc::invalid_producer_epoch);
  f.take_decided();
  EXPECT_EQ(code_of(*delivery), Errc::invalid_producer_epoch);
  ASSERT_TRUE(f.accumulator.identity_needed());
  EXPECT_EQ(f.accumulator.identity().id, kNoProducer);
}

TEST(Accumulator, GivesUpAfterTheDeliveryTimeout) {
  Fixture f({.linger = milliseconds(0), .delivery_timeout = milliseconds(1000)});
  auto unsent = f.send("a");
  f.now += milliseconds(999);
  f.accumulator.expire(f.now);
  f.take_decided();
  EXPECT_FALSE(unsent->ready());
  f.now += milliseconds(1);
  f.accumulator.expire(f.now);
  f.take_decided();
  ASSERT_TRUE(unsent->ready());
  EXPECT_EQ(code_of(*unsent), Errc::request_timed_out);
  EXPECT_EQ(f.accumulator.held_bytes(), 0u);
}

TEST(Accumulator, BoundsWhatItHolds) {
  Fixture f({.linger = milliseconds(0), .buffer_bytes = 2000});
  f.send(std::string(1000, 'x'));
  ASSERT_TRUE(f.due);
  Record record{.topic = "t", .value = std::string(1000, 'y')};
  EXPECT_FALSE(f.accumulator.space_for(record));
  auto refused = f.accumulator.append(record, Timestamp(), [&] { return f.now; });
  EXPECT_EQ(refused.error().code, Errc::budget_exceeded);
  EXPECT_EQ(record.value->size(), 1000u) << "untouched, for another attempt";
  f.accumulator.succeeded(f.take(), 1, std::nullopt);
  EXPECT_TRUE(f.accumulator.space_for(record));
}

TEST(Accumulator, RefusesWhatCannotBeSent) {
  Fixture f({.record_bytes_max = 1000});
  f.send(std::string(1000, 'x'));
  EXPECT_EQ(f.due.error().code, Errc::message_too_large);
  Record nameless{.topic = "", .value = "x"};
  EXPECT_EQ(f.accumulator.append(nameless, Timestamp(), [&] { return f.now; }).error().code,
            Errc::invalid_topic);
  auto nowhere = f.send("x", 5);
  f.take_decided();
  ASSERT_TRUE(nowhere->ready());
  EXPECT_EQ(code_of(*nowhere), Errc::unknown_topic_or_partition);
  f.accumulator.close();
  f.send("x");
  EXPECT_EQ(f.due.error().code, Errc::closed);
}

TEST(Accumulator, KeepsRecordsUntilTheirTopicIsKnown) {
  Fixture f({.linger = milliseconds(0)}, 0);
  f.send("a");
  auto second = f.send("b");
  EXPECT_THAT(f.accumulator.unknown_topics(), testing::ElementsAre("t"));
  EXPECT_TRUE(f.accumulator.identity_needed());
  f.accumulator.topic_known("t", 1, f.now);
  EXPECT_TRUE(f.accumulator.ready(f.now).empty()) << "no producer id yet";
  f.accumulator.identify(ProducerId(1), ProducerEpoch(0));
  const ProducerBatchPtr batch = f.take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->count, 2);
  f.accumulator.succeeded(batch, 40, std::nullopt);
  f.take_decided();
  EXPECT_EQ(second->wait()->offset, 41);
}

TEST(Accumulator, SaysWhyATopicCouldNotBeLookedUp) {
  Fixture f({.delivery_timeout = milliseconds(100)}, 0);
  const auto of_nothing = f.send("a");
  f.now += milliseconds(100);
  f.accumulator.expire(f.now);
  const auto of_refused = f.send("b");
  f.accumulator.topic_delayed("t", {Errc::connection_refused, "broker-1:9192"});
  f.now += milliseconds(100);
  f.accumulator.expire(f.now);
  f.take_decided();
  EXPECT_THAT(of_nothing->wait().error().context, testing::HasSubstr("was not found"));
  EXPECT_THAT(of_refused->wait().error().context,
              testing::HasSubstr("connection_refused: broker-1:9192"));
  EXPECT_EQ(code_of(*of_refused), Errc::request_timed_out);
}

TEST(Accumulator, SaysThatNobodyLedThePartition) {
  Fixture f({.linger = milliseconds(0), .delivery_timeout = milliseconds(100)});
  const auto delivery = f.send("a");
  f.accumulator.partition_delayed({"t", 0}, {Errc::leader_not_available, "nobody"});
  f.now += milliseconds(100);
  f.accumulator.expire(f.now);
  f.take_decided();
  EXPECT_EQ(code_of(*delivery), Errc::request_timed_out);
  EXPECT_THAT(delivery->wait().error().context, testing::HasSubstr("leader_not_available: nobody"));
}

TEST(Accumulator, FlushesWhatWasSentBeforeAndNothingElse) {
  Fixture f({.linger = std::chrono::hours(1)});
  f.send("a");
  const std::uint64_t flush = f.accumulator.begin_flush();
  f.send("b");
  EXPECT_FALSE(f.accumulator.flushed(flush));
  const ProducerBatchPtr batch = f.take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->count, 1);
  EXPECT_EQ(f.take(), nullptr) << "what came after the flush lingers";
  f.accumulator.succeeded(batch, 1, std::nullopt);
  EXPECT_TRUE(f.accumulator.flushed(flush));
}

TEST(Accumulator, FailsEverythingWhenItCloses) {
  Fixture f({.linger = milliseconds(0)});
  auto flying = f.send("a");
  const ProducerBatchPtr batch = f.take();
  auto waiting = f.send("b");
  f.accumulator.fail_all({Errc::closed, ""});
  f.take_decided();
  EXPECT_EQ(code_of(*flying), Errc::closed);
  EXPECT_EQ(code_of(*waiting), Errc::closed);
  f.accumulator.succeeded(batch, 3,
                          std::nullopt);  // The answer comes too late and does not matter.
  EXPECT_TRUE(f.accumulator.take_decided().empty());
}

}  // namespace
}  // namespace ropewalk::client
