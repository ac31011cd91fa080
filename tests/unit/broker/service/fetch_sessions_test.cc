#include "broker/service/fetch_sessions.h"

#include <limits>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ropewalk::service {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

FetchPartition wanted(std::int32_t partition, std::int64_t offset = 0, std::string topic = "t") {
  FetchPartition fetch;
  fetch.topic.name = std::move(topic);
  fetch.partition = partition;
  fetch.fetch_offset = Offset(offset);
  return fetch;
}

std::vector<FetchPartition> first(std::int32_t count) {
  std::vector<FetchPartition> partitions;
  for (std::int32_t i = 0; i < count; i++) partitions.push_back(wanted(i));
  return partitions;
}

// What a request is answered with, and for which partitions.
struct Answer {
  Errc error = Errc::none;
  std::int32_t session = 0;
  std::vector<std::int32_t> read;
  std::vector<std::int32_t> told;
  std::vector<std::uint32_t> forgotten;
  bool watches_anew = false;
};

class FetchSessionsTest : public testing::Test {
 protected:
  // What each partition is found to hold, by its number; nothing that is new unless set.
  struct Found {
    std::int64_t high_watermark = 10;
    std::int64_t log_start = 0;
    std::size_t records_bytes = 0;
    Errc error = Errc::none;
    bool diverging = false;
    bool quiet = false;
  };

  void make(FetchSessions::Options options) {
    sessions_ = std::make_unique<FetchSessions>(options, env::Random(7));
  }
  FetchRequest request(std::int32_t session, std::int32_t epoch,
                       std::vector<FetchPartition> partitions = {},
                       std::vector<ForgottenPartition> forgotten = {}) {
    FetchRequest request;
    request.session_id = session;
    request.session_epoch = epoch;
    request.partitions = std::move(partitions);
    request.forgotten = std::move(forgotten);
    return request;
  }
  FetchResponse serve(const FetchSessions::Turn& turn) {
    FetchResponse response;
    for (const SlottedPartition& slotted : turn.partitions) {
      const FetchPartition& partition = slotted.wanted;
      const Found& found = found_[partition.partition];
      FetchResult& result = response.partitions.emplace_back();
      result.topic = partition.topic;
      result.partition = partition.partition;
      result.error.code = found.error;
      result.high_watermark = Offset(found.high_watermark);
      result.log_start = Offset(found.log_start);
      result.records_bytes = found.records_bytes;
      if (found.diverging) result.diverging = {LeaderEpoch(1), Offset(5)};
    }
    return response;
  }
  Answer ask(FetchRequest request, const std::shared_ptr<const security::Caller>& caller) {
    Answer answer;
    auto turn = sessions_->begin(caller, request, now_);
    if (!turn) {
      answer.error = turn.error().code;
      return answer;
    }
    answer.watches_anew = turn->watches_anew;
    answer.forgotten = turn->forgotten;
    for (const SlottedPartition& slotted : turn->partitions) {
      const FetchPartition& wanted = slotted.wanted;
      const std::uint32_t slot = slotted.slot;
      answer.read.push_back(wanted.partition);
      slots_[wanted.partition] = slot;
      if (found_[wanted.partition].quiet) turn->quiet.push_back(slot);
    }
    FetchResponse response = serve(*turn);
    sessions_->end(caller, std::move(*turn), response, now_);
    answer.error = response.error.code;
    answer.session = response.session_id;
    for (const auto& result : response.partitions) answer.told.push_back(result.partition);
    return answer;
  }
  Answer ask(FetchRequest request) { return ask(std::move(request), caller_); }
  std::int32_t begin(std::int32_t partitions) {
    return ask(request(0, 0, first(partitions))).session;
  }

  std::map<std::int32_t, Found> found_;
  std::map<std::int32_t, std::uint32_t> slots_;  // Of partitions, as they were read last.
  env::MonotonicTime now_{};
  const std::shared_ptr<const security::Caller> caller_ = std::make_shared<security::Caller>();
  std::unique_ptr<FetchSessions> sessions_ =
      std::make_unique<FetchSessions>(FetchSessions::Options{}, env::Random(7));
};

using Partitions = std::vector<std::int32_t>;

TEST_F(FetchSessionsTest, WithoutASessionAllIsReadAndTold) {
  const Answer answer = ask(request(0, -1, first(3)));
  EXPECT_EQ(answer.session, 0);
  EXPECT_EQ(answer.told, (Partitions{0, 1, 2}));
  EXPECT_EQ(sessions_->count(), 0u);
}

TEST_F(FetchSessionsTest, ReadsAllButTellsOnlyNews) {
  const Answer full = ask(request(0, 0, first(3)));
  EXPECT_NE(full.session, 0);
  EXPECT_EQ(full.told, (Partitions{0, 1, 2}));
  const Answer nothing = ask(request(full.session, 1));
  EXPECT_EQ(nothing.session, full.session);
  EXPECT_EQ(nothing.read, (Partitions{0, 1, 2}));
  EXPECT_EQ(nothing.told, Partitions{});
  found_[0].high_watermark = 11;
  found_[2].log_start = 3;
  EXPECT_EQ(ask(request(full.session, 2)).told, (Partitions{0, 2}));
  EXPECT_EQ(ask(request(full.session, 3)).told, Partitions{});
}

// What came with the records is told with the next answer, whatever the watermark: the client may
// ask for them again.
TEST_F(FetchSessionsTest, RecordsAreAlwaysNews) {
  found_[1].records_bytes = 100;
  const std::int32_t id = begin(3);
  EXPECT_EQ(ask(request(id, 1)).told, Partitions{1});
  EXPECT_EQ(ask(request(id, 2)).told, Partitions{1});
}

TEST_F(FetchSessionsTest, AnErrorIsToldEachTimeAndItsEndAsWell) {
  const std::int32_t id = begin(2);
  found_[1].error = Errc::not_leader_or_follower;
  EXPECT_EQ(ask(request(id, 1)).told, Partitions{1});
  EXPECT_EQ(ask(request(id, 2)).told, Partitions{1});
  found_[1].error = Errc::none;
  EXPECT_EQ(ask(request(id, 3)).told, Partitions{1});
  EXPECT_EQ(ask(request(id, 4)).told, Partitions{});
}

TEST_F(FetchSessionsTest, ALogThatPartedIsToldEachTime) {
  const std::int32_t id = begin(2);
  found_[1].diverging = true;
  EXPECT_EQ(ask(request(id, 1)).told, Partitions{1});
  EXPECT_EQ(ask(request(id, 2)).told, Partitions{1});
}

TEST_F(FetchSessionsTest, RequestsChangeAddAndForget) {
  const std::int32_t id = begin(3);
  FetchRequest changed = request(id, 1, {wanted(1, 42), wanted(7)},
                                 {{.topic = {.name = "t", .id = {}}, .partition = 0},
                                  {.topic = {.name = "u", .id = {}}, .partition = 2}});
  const auto turn = sessions_->begin(caller_, changed, now_);
  ASSERT_TRUE(turn);
  ASSERT_EQ(turn->partitions.size(), 3u);
  EXPECT_EQ(turn->partitions[0].wanted.partition, 1);
  EXPECT_EQ(turn->partitions[0].wanted.fetch_offset, Offset(42));
  EXPECT_EQ(turn->partitions[1].wanted.partition, 2);
  EXPECT_EQ(turn->partitions[2].wanted.partition, 7);
  EXPECT_EQ(sessions_->partitions(), 3u);
}

// A partition that a request forgets and names is a new one.
TEST_F(FetchSessionsTest, ForgetsBeforeItAdds) {
  const std::int32_t id = begin(2);
  const Answer answer =
      ask(request(id, 1, {wanted(0)}, {{.topic = {.name = "t", .id = {}}, .partition = 0}}));
  EXPECT_EQ(answer.read, (Partitions{1, 0}));
  EXPECT_EQ(answer.told, Partitions{0});
}

TEST_F(FetchSessionsTest, TopicsOfOneNameAndDifferentIdsDiffer) {
  FetchPartition other = wanted(0, 5);
  other.topic.id.bytes.fill(3);
  const std::int32_t id = begin(1);
  EXPECT_EQ(ask(request(id, 1, {other})).read.size(), 2u);
}

// Each gets its turn at the room that an answer has.
TEST_F(FetchSessionsTest, APartitionWithRecordsIsServedLastNextTime) {
  found_[0].records_bytes = 100;
  found_[1].records_bytes = 100;
  const std::int32_t id = begin(4);
  EXPECT_EQ(ask(request(id, 1)).read, (Partitions{2, 3, 0, 1}));
  found_[0].records_bytes = 0;
  ask(request(id, 2));
  EXPECT_EQ(ask(request(id, 3, {wanted(2, 8)})).read, (Partitions{2, 3, 0, 1}));
}

class QuietPartitions : public FetchSessionsTest {
 protected:
  // A session of `partitions`, all of them quiet.
  std::int32_t quiet_session(std::int32_t partitions) {
    const std::int32_t id = begin(partitions);
    for (std::int32_t i = 0; i < partitions; i++) found_[i].quiet = true;
    EXPECT_EQ(ask(request(id, 1)).read.size(), static_cast<std::size_t>(partitions));
    return id;
  }
};

TEST_F(QuietPartitions, AreNotReadUntilTheyMove) {
  const std::int32_t id = quiet_session(3);
  EXPECT_EQ(ask(request(id, 2)).read, Partitions{});
  EXPECT_FALSE(sessions_->moved(id, 99));
  EXPECT_FALSE(sessions_->moved(id + 1, slots_[1]));
  const auto moved = sessions_->moved(id, slots_[1]);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->wanted.partition, 1);
  EXPECT_EQ(moved->slot, slots_[1]);
  EXPECT_FALSE(sessions_->moved(id, slots_[1])) << "it is to be read anyway";
  EXPECT_EQ(ask(request(id, 3)).read, Partitions{1});
  EXPECT_EQ(ask(request(id, 4)).read, Partitions{});
  EXPECT_EQ(sessions_->partitions(), 3u);
}

// Those that have waited for their turn come before one that has only just moved.
TEST_F(QuietPartitions, ComeLastWhenTheyMove) {
  const std::int32_t id = quiet_session(3);
  found_[2].quiet = false;
  sessions_->moved(id, slots_[2]);
  EXPECT_EQ(ask(request(id, 2)).read, Partitions{2});
  sessions_->moved(id, slots_[0]);
  EXPECT_EQ(ask(request(id, 3)).read, (Partitions{2, 0}));
}

TEST_F(QuietPartitions, AreReadWhenTheClientNamesThem) {
  const std::int32_t id = quiet_session(3);
  EXPECT_EQ(ask(request(id, 2, {wanted(1, 4)})).read, Partitions{1});
}

TEST_F(QuietPartitions, MayBeForgottenAndTheirSlotsUsedAgain) {
  const std::int32_t id = quiet_session(3);
  const Answer answer =
      ask(request(id, 2, {wanted(7)}, {{.topic = {.name = "t", .id = {}}, .partition = 1}}));
  EXPECT_EQ(answer.read, Partitions{7});
  EXPECT_EQ(answer.forgotten, std::vector{slots_[1]});
  EXPECT_EQ(slots_[7], slots_[1]);
  // What the watch of the old one still tells concerns nobody.
  EXPECT_FALSE(sessions_->moved(id, slots_[1]));
  EXPECT_EQ(sessions_->partitions(), 3u);
}

TEST_F(QuietPartitions, AreReadAgainAfterARequestThatDidNotEndInOrder) {
  const std::int32_t id = quiet_session(2);
  FetchRequest lost = request(id, 2);
  ASSERT_TRUE(sessions_->begin(caller_, lost, now_));
  const Answer answer = ask(request(id, 3));
  EXPECT_TRUE(answer.watches_anew);
  EXPECT_EQ(answer.read, (Partitions{0, 1}));
  EXPECT_FALSE(ask(request(id, 4)).watches_anew);

  FetchRequest failed = request(id, 5);
  auto turn = sessions_->begin(caller_, failed, now_);
  ASSERT_TRUE(turn);
  FetchResponse response;
  response.error.code = Errc::cancelled;
  sessions_->end(caller_, std::move(*turn), response, now_);
  EXPECT_TRUE(ask(request(id, 6)).watches_anew);
}

TEST_F(QuietPartitions, CanAllBeWoken) {
  const std::int32_t id = quiet_session(2);
  EXPECT_EQ(sessions_->wake_all(id).size(), 2u);
  EXPECT_TRUE(sessions_->wake_all(id).empty());
  EXPECT_EQ(ask(request(id, 2)).read, (Partitions{0, 1}));
}

TEST_F(QuietPartitions, OfASessionThatGrowsOutOfTheRoomAreToldAsWell) {
  begin(10);
  make({.bytes_max = sessions_->bytes()});
  const std::int32_t id = quiet_session(10);
  const Answer grown = ask(request(id, 2, {wanted(20)}));
  EXPECT_EQ(grown.session, 0);
  EXPECT_EQ(grown.told.size(), 11u);
  EXPECT_EQ(sessions_->take_ended(), std::vector{id});
  EXPECT_TRUE(sessions_->take_ended().empty());
}

TEST_F(FetchSessionsTest, TakesTheNextEpochOnly) {
  const std::int32_t id = begin(1);
  EXPECT_EQ(ask(request(id, 2)).error, Errc::invalid_fetch_session_epoch);
  EXPECT_EQ(ask(request(id, 1)).error, Errc::none);
  EXPECT_EQ(ask(request(id, 1)).error, Errc::invalid_fetch_session_epoch);
  EXPECT_EQ(ask(request(id, -2)).error, Errc::invalid_fetch_session_epoch);
  EXPECT_EQ(ask(request(id, 2)).error, Errc::none);
  EXPECT_EQ(ask(request(id + 1, 3)).error, Errc::fetch_session_id_not_found);
  EXPECT_EQ(ask(request(0, 1)).error, Errc::fetch_session_id_not_found);
}

TEST_F(FetchSessionsTest, TheNextRequestOvertakesOneThatWaits) {
  const std::int32_t id = begin(1);
  FetchRequest slow = request(id, 1);
  auto turn = sessions_->begin(caller_, slow, now_);
  ASSERT_TRUE(turn);
  EXPECT_EQ(ask(request(id, 2)).error, Errc::none);
  FetchResponse response = serve(*turn);
  sessions_->end(caller_, std::move(*turn), response, now_);
  EXPECT_EQ(response.error.code, Errc::invalid_fetch_session_epoch);
  EXPECT_TRUE(response.partitions.empty());
  EXPECT_EQ(ask(request(id, 3)).error, Errc::none);
}

TEST_F(FetchSessionsTest, EndsWhenItIsClosedOrBegunAnewOrEmpty) {
  const std::int32_t closed = begin(2);
  EXPECT_EQ(ask(request(closed, -1, first(1))).session, 0);
  EXPECT_EQ(ask(request(closed, 1)).error, Errc::fetch_session_id_not_found);

  const std::int32_t old = begin(2);
  const Answer anew = ask(request(old, 0, first(1)));
  EXPECT_NE(anew.session, 0);
  EXPECT_EQ(ask(request(old, 1)).error, Errc::fetch_session_id_not_found);

  const Answer empty =
      ask(request(anew.session, 1, {}, {{.topic = {.name = "t", .id = {}}, .partition = 0}}));
  EXPECT_EQ(empty.error, Errc::none);
  EXPECT_EQ(empty.session, 0);
  EXPECT_EQ(sessions_->count(), 0u);
  EXPECT_EQ(sessions_->partitions(), 0u);
  EXPECT_EQ(sessions_->bytes(), 0u);
  EXPECT_EQ(sessions_->evicted(), 0u);
}

TEST_F(FetchSessionsTest, AFetchOfNothingNeedsNoSession) {
  EXPECT_EQ(ask(request(0, 0)).session, 0);
  EXPECT_EQ(sessions_->count(), 0u);
}

TEST_F(FetchSessionsTest, AnotherCallersSessionIsNotThere) {
  auto other = std::make_shared<security::Caller>();
  other->principal = "User:mallory";
  const std::int32_t id = begin(1);
  EXPECT_EQ(ask(request(id, 1), other).error, Errc::fetch_session_id_not_found);
  EXPECT_EQ(ask(request(id, -1, first(1)), other).error, Errc::none);
  EXPECT_EQ(ask(request(id, 1)).error, Errc::none);
  // The same one on another connection may go on.
  EXPECT_EQ(ask(request(id, 2), std::make_shared<security::Caller>()).error, Errc::none);
}

TEST_F(FetchSessionsTest, NoneBeginsWhereThereIsNoRoom) {
  make({.sessions_max = 2});
  const std::int32_t first_one = begin(5);
  const std::int32_t second_one = begin(5);
  now_ += FetchSessions::kIdleMax;
  const Answer answer = ask(request(0, 0, first(6)));
  EXPECT_EQ(answer.session, 0);
  EXPECT_EQ(answer.told.size(), 6u);
  EXPECT_EQ(ask(request(first_one, 1)).error, Errc::none);
  EXPECT_EQ(ask(request(second_one, 1)).error, Errc::none);
  make({.sessions_max = 0});
  EXPECT_EQ(begin(1), 0);
}

TEST_F(FetchSessionsTest, TheOneThatWasIdleLongestGivesWay) {
  make({.sessions_max = 2});
  const std::int32_t used = begin(1);
  const std::int32_t idle = begin(1);
  now_ += minutes(1);
  ask(request(used, 1));
  now_ += minutes(1) + seconds(1);
  EXPECT_NE(begin(1), 0);
  EXPECT_EQ(ask(request(idle, 1)).error, Errc::fetch_session_id_not_found);
  EXPECT_EQ(ask(request(used, 2)).error, Errc::none);
  EXPECT_EQ(sessions_->evicted(), 1u);
}

TEST_F(FetchSessionsTest, AnOldSmallerOneGivesWayToALargerOne) {
  make({.sessions_max = 3});
  const std::int32_t large = begin(5);
  const std::int32_t small = begin(2);
  const std::int32_t middle = begin(3);
  now_ += FetchSessions::kIdleMax + seconds(1);
  for (const std::int32_t id : {large, small, middle}) ask(request(id, 1));
  EXPECT_EQ(begin(2), 0);
  EXPECT_NE(begin(4), 0);
  EXPECT_EQ(ask(request(small, 2)).error, Errc::fetch_session_id_not_found);
  EXPECT_EQ(ask(request(middle, 2)).error, Errc::none);
  EXPECT_EQ(ask(request(large, 2)).error, Errc::none);
}

TEST_F(FetchSessionsTest, WhatTheyHoldIsLimited) {
  begin(10);
  const std::size_t bytes_of_ten = sessions_->bytes();
  EXPECT_GE(bytes_of_ten, 10 * sizeof(FetchPartition));
  make({.bytes_max = 2 * bytes_of_ten});
  const std::int32_t one = begin(10);
  const std::int32_t other = begin(9);
  EXPECT_EQ(begin(2), 0);
  EXPECT_EQ(begin(100), 0);
  // One that grows out of the room is told that it has ended, and all that it asks for.
  const Answer grown = ask(request(one, 1, {wanted(20), wanted(21)}));
  EXPECT_EQ(grown.error, Errc::none);
  EXPECT_EQ(grown.session, 0);
  EXPECT_EQ(grown.told.size(), 12u);
  EXPECT_EQ(ask(request(one, 2)).error, Errc::fetch_session_id_not_found);
  EXPECT_EQ(ask(request(other, 1)).error, Errc::none);
  EXPECT_EQ(sessions_->evicted(), 1u);
  // It would have grown into that of one that nobody uses.
  now_ += FetchSessions::kIdleMax + seconds(1);
  const std::int32_t third = begin(10);
  EXPECT_EQ(ask(request(third, 1, {wanted(20), wanted(21)})).session, third);
  EXPECT_EQ(ask(request(other, 2)).error, Errc::fetch_session_id_not_found);
}

// A session that was large once holds some of what it took then.
TEST_F(FetchSessionsTest, WhatWasForgottenIsNotAllGivenBack) {
  const std::int32_t id = begin(100);
  const std::size_t bytes_of_many = sessions_->bytes();
  std::vector<ForgottenPartition> all_but_one;
  for (std::int32_t i = 1; i < 100; i++)
    all_but_one.push_back({.topic = {.name = "t", .id = {}}, .partition = i});
  ask(request(id, 1, {}, all_but_one));
  EXPECT_EQ(sessions_->partitions(), 1u);
  EXPECT_GT(sessions_->bytes(), bytes_of_many / 2);
  ask(request(id, 2, first(100)));
  EXPECT_EQ(sessions_->bytes(), bytes_of_many) << "the slots are used again";
  ask(request(id, -1));
  EXPECT_EQ(sessions_->bytes(), 0u);
}

// A session may have to go while its request waits for records.
TEST_F(FetchSessionsTest, OneThatWentWhileItsRequestWaitedIsToldSo) {
  make({.sessions_max = 1});
  const std::int32_t id = begin(2);
  FetchRequest slow = request(id, 1);
  auto turn = sessions_->begin(caller_, slow, now_);
  ASSERT_TRUE(turn);
  now_ += FetchSessions::kIdleMax + seconds(1);
  EXPECT_NE(begin(1), 0);
  FetchResponse response = serve(*turn);
  sessions_->end(caller_, std::move(*turn), response, now_);
  EXPECT_EQ(response.error.code, Errc::none);
  EXPECT_EQ(response.session_id, 0);
  EXPECT_EQ(response.partitions.size(), 2u);
}

TEST_F(FetchSessionsTest, IdsSayTheirCoreAndDiffer) {
  std::set<std::int32_t> ids;
  for (std::size_t core = 0; core < 3; core++) {
    make({.core = core, .cores = 3});
    for (int i = 0; i < 300; i++) {
      const std::int32_t id = begin(1);
      EXPECT_GT(id, 0);
      EXPECT_EQ(static_cast<std::size_t>(id) % 3, core);
      ids.insert(id);
    }
  }
  EXPECT_EQ(ids.size(), 900u);
}

}  // namespace
}  // namespace ropewalk::service
