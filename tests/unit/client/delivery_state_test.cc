#include "client/src/core/delivery_state.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/src/core/buffer_pool.h"

namespace ropewalk::client {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

struct NoWaiting : Waiting {
  bool wait(const std::function<bool()>& ready, std::chrono::nanoseconds) override {
    return ready();
  }
  void callback_threw(std::string_view, const std::string& words) override {
    threw.push_back(words);
  }
  std::vector<std::string> threw;
};

const PartitionName kWhere{"t", 3};

// Three records that a batch holds, and what their callbacks were told: offsets, -2 for an error.
struct Three {
  Three() {
    for (const int time : {7, 7, 9}) state->add(Timestamp(milliseconds(time)));
  }
  Delivery::Callback note(std::vector<std::int64_t>& into) {
    return
        [&into](const Result<Delivered>& result) { into.push_back(result ? result->offset : -2); };
  }

  std::shared_ptr<NoWaiting> waiting = std::make_shared<NoWaiting>();
  std::shared_ptr<DeliveryState> state = std::make_shared<DeliveryState>(waiting);
  std::vector<std::int64_t> told;
};

TEST(DeliveryState, TellsEachRecordItsOwnPlaceAndTime) {
  Three three;
  const Delivery second(three.state, 1);
  const Delivery third(three.state, 2);
  EXPECT_EQ(third.wait(milliseconds(1)).error().code, Errc::request_timed_out);
  three.state->decide(kWhere, StoredAt{.base_offset = 40, .log_append_time = {}});
  ASSERT_TRUE(second.ready());
  EXPECT_EQ(second.wait()->partition, kWhere);
  EXPECT_EQ(second.wait()->offset, 41);
  EXPECT_EQ(second.wait()->timestamp, Timestamp(milliseconds(7)));
  EXPECT_EQ(third.wait()->offset, 42);
  EXPECT_EQ(third.wait()->timestamp, Timestamp(milliseconds(9)));
}

TEST(DeliveryState, PrefersTheTimeOfTheLogAndKnowsNoOffsetThatNobodySaid) {
  Three three;
  three.state->decide(kWhere, StoredAt{.log_append_time = Timestamp(milliseconds(100))});
  const Result<Delivered> last = Delivery(three.state, 2).wait();
  EXPECT_EQ(last->offset, -1);
  EXPECT_EQ(last->timestamp, Timestamp(milliseconds(100)));
}

TEST(DeliveryState, KeepsTheFirstDecision) {
  Three three;
  Delivery(three.state, 0).then(three.note(three.told));
  three.state->decide(kWhere, fail(Errc::closed, "first"));
  three.state->decide(kWhere, StoredAt{.base_offset = 40, .log_append_time = {}});
  EXPECT_EQ(Delivery(three.state, 0).wait().error().context, "first");
  EXPECT_THAT(three.told, ElementsAre(-2));
}

TEST(DeliveryState, CallsInTheOrderOfTheRecordsAndOnlyTheLastOfEach) {
  Three three;
  std::vector<std::int64_t> replaced;
  Delivery(three.state, 2).then(three.note(three.told));
  Delivery(three.state, 0).then(three.note(replaced));
  Delivery(three.state, 1).then(three.note(three.told));
  Delivery(three.state, 0).then(three.note(three.told));
  three.state->decide(kWhere, StoredAt{.base_offset = 40, .log_append_time = {}});
  EXPECT_THAT(three.told, ElementsAre(40, 41, 42));
  EXPECT_TRUE(replaced.empty());
  Delivery(three.state, 1).then(three.note(three.told));
  EXPECT_THAT(three.told, ElementsAre(40, 41, 42, 41)) << "here and now: it is decided";
}

TEST(DeliveryState, ACallbackThatThrowsStopsNoOther) {
  Three three;
  Delivery(three.state, 0).then([](const auto&) { throw std::runtime_error("mine"); });
  Delivery(three.state, 1).then([](const auto&) { throw 5; });
  Delivery(three.state, 2).then(three.note(three.told));
  three.state->decide(kWhere, StoredAt{.base_offset = 40, .log_append_time = {}});
  EXPECT_THAT(three.told, ElementsAre(42));
  EXPECT_THAT(three.waiting->threw, ElementsAre("mine", testing::HasSubstr("no std::exception")));
}

TEST(BufferPool, TakesMemoryBackWhenNobodyHoldsItAnyMore) {
  const auto pool = std::make_shared<BufferPool>();
  std::vector<std::byte> bytes(1000);
  const std::byte* memory = bytes.data();
  auto lent = BufferPool::lend(pool, std::move(bytes));
  auto slice = lent.slice(10, 20);
  lent = {};
  EXPECT_EQ(pool->take().capacity(), 0u) << "the slice is still held";
  slice = {};
  const std::vector<std::byte> again = pool->take();
  EXPECT_EQ(again.data(), memory);
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(pool->take().capacity(), 0u);
}

TEST(BufferPool, KeepsNoMoreThanAMebibyte) {
  BufferPool pool;
  for (int i = 0; i < 3; i++) {
    std::vector<std::byte> half;
    half.reserve(512 << 10);
    pool.give(std::move(half));
  }
  std::size_t kept = 0;
  while (const std::size_t capacity = pool.take().capacity()) kept += capacity;
  EXPECT_EQ(kept, 1u << 20);
}

}  // namespace
}  // namespace ropewalk::client
