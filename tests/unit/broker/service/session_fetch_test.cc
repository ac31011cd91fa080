// Fetches in sessions, as listeners see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/log/segment_header.h"
#include "tests/unit/broker/service/fetch_rig.h"

namespace ropewalk::service {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class SessionFetchTest : public FetchTest {
 protected:
  explicit SessionFetchTest(Limits limits = {}) : FetchTest(limits) {}
  FetchRequest session_request(std::int32_t epoch, std::vector<FetchPartition> partitions = {},
                               milliseconds wait = {}) {
    FetchRequest wanted = request(std::move(partitions), wait);
    wanted.session_id = session_;
    wanted.session_epoch = epoch;
    return wanted;
  }
  void begin(std::vector<FetchPartition> partitions) {
    session_ = rig_.fetch(session_request(0, std::move(partitions))).session_id;
    ASSERT_NE(session_, 0);
  }
  static FetchPartition by_name(std::string topic, std::int32_t partition, std::int64_t offset) {
    FetchPartition fetch;
    fetch.topic.name = std::move(topic);
    fetch.partition = partition;
    fetch.fetch_offset = Offset(offset);
    return fetch;
  }
  void damage_the_last_batch() {
    sim::Disk& disk = rig_.node.disk("/data");
    for (const std::string& path : disk.paths()) {
      const std::size_t size = path.ends_with(".log") ? disk.content(path)->size() : 0;
      if (size > log::kSegmentHeaderBytes) ASSERT_TRUE(disk.flip_bit(path, size - 1));
    }
  }
  std::int32_t session_ = 0;
};

TEST_F(SessionFetchTest, NamesWhatItTellsAndLeavesOutWhatIsKnown) {
  begin(all_three());
  produce(2);
  const auto news = rig_.fetch(session_request(1));
  EXPECT_EQ(news.session_id, session_);
  ASSERT_EQ(news.partitions.size(), 1u);
  EXPECT_EQ(news.partitions[0].topic.id, topic_);
  EXPECT_EQ(news.partitions[0].partition, 2);
  EXPECT_GT(news.partitions[0].records_bytes, 0u);
  EXPECT_TRUE(rig_.fetch(session_request(2, {ServiceRig::from(topic_, 2, 1)})).partitions.empty());
  const auto wrong = rig_.fetch(session_request(2));
  EXPECT_EQ(wrong.error.code, Errc::invalid_fetch_session_epoch);
  EXPECT_EQ(wrong.session_id, session_);
}

// Who asks for the same again could not use it. There is no other copy of it here.
TEST_F(SessionFetchTest, LooksAtWhatIsAskedForAgain) {
  produce(0);
  begin({ServiceRig::from(topic_, 1, 0)});
  const auto from_the_start = ServiceRig::from(topic_, 0, 0);
  const auto first = rig_.fetch(session_request(1, {from_the_start}));
  ASSERT_GT(first.partitions.at(0).records_bytes, 0u);
  const auto again = rig_.fetch(session_request(2));
  ASSERT_GT(again.partitions.at(0).records_bytes, 0u) << "it is whole";
  damage_the_last_batch();
  const auto damaged = rig_.fetch(session_request(3));
  EXPECT_EQ(damaged.partitions.at(0).error.code, Errc::kafka_storage_error) << "others may come";
  rig_.world.run_for(std::chrono::seconds(31));
  EXPECT_EQ(rig_.fetch(session_request(4)).partitions.at(0).error.code, Errc::corrupt_message);
  produce(0);
  const auto behind = rig_.fetch(session_request(5, {ServiceRig::from(topic_, 0, 1)}));
  EXPECT_GT(behind.partitions.at(0).records_bytes, 0u) << "the rest stays readable";
}

TEST_F(SessionFetchTest, WaitsForAllOfThePartitionsThatItDoesNotName) {
  begin(all_three());
  std::optional<FetchResponse> response;
  rig_.on_core([&] { spawn_fetch(session_request(1, {}, std::chrono::seconds(100)), response); });
  rig_.world.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(response);
  produce(1);
  ASSERT_TRUE(rig_.until([&] { return response.has_value(); }));
  ASSERT_EQ(response->partitions.size(), 1u);
  EXPECT_EQ(response->partitions[0].partition, 1);
  EXPECT_GT(response->partitions[0].records_bytes, 0u);
}

TEST_F(SessionFetchTest, GoesOnWithATopicThatIsDeletedAndMadeAgain) {
  const TopicId old = rig_.add_topic("again");
  begin({by_name("again", 0, 0), by_name("t", 0, 0)});
  std::optional<FetchResponse> parked;
  rig_.on_core([&] { spawn_fetch(session_request(1, {}, std::chrono::seconds(100)), parked); });
  rig_.world.run_for(milliseconds(100));
  ASSERT_FALSE(parked);
  rig_.apply({metadata::RemoveTopicRecord{old}});
  rig_.on_core([&] { rig_.replicas->remove({old, 0}); });
  ASSERT_TRUE(rig_.until([&] { return parked.has_value(); }));
  ASSERT_EQ(parked->partitions.size(), 1u);
  EXPECT_EQ(parked->partitions[0].topic.name, "again");
  EXPECT_EQ(parked->partitions[0].error.code, Errc::not_leader_or_follower);
  const auto gone = rig_.fetch(session_request(2, {}, std::chrono::seconds(100)));
  ASSERT_EQ(gone.partitions.size(), 1u);
  EXPECT_EQ(gone.partitions[0].error.code, Errc::unknown_topic_or_partition);

  const TopicId anew = rig_.add_topic("again");
  const auto there = rig_.fetch(session_request(3));
  ASSERT_EQ(there.partitions.size(), 1u);
  EXPECT_EQ(there.partitions[0].error.code, Errc::none);
  EXPECT_EQ(there.partitions[0].high_watermark, Offset(0));
  std::optional<FetchResponse> woken;
  rig_.on_core([&] { spawn_fetch(session_request(4, {}, std::chrono::seconds(100)), woken); });
  rig_.world.run_for(milliseconds(100));
  ASSERT_FALSE(woken);
  rig_.produce_one(ServiceRig::to(anew, 0, ServiceRig::batch()));
  ASSERT_TRUE(rig_.until([&] { return woken.has_value(); }));
  ASSERT_EQ(woken->partitions.size(), 1u);
  EXPECT_GT(woken->partitions[0].records_bytes, 0u);
}

// Partitions in which nothing happens are not looked at; what happens in them shows all the same.
class QuietFetchTest : public SessionFetchTest {
 protected:
  void SetUp() override {
    begin(all_three());
    for (int i = 0; i < 2; i++) EXPECT_TRUE(next().partitions.empty());
  }
  FetchRequest next_request(std::vector<FetchPartition> partitions = {}, milliseconds wait = {}) {
    return session_request(++epoch_, std::move(partitions), wait);
  }
  FetchResponse next(std::vector<FetchPartition> partitions = {}) {
    return rig_.fetch(next_request(std::move(partitions)));
  }
  static std::vector<std::int32_t> told(const FetchResponse& response) {
    std::vector<std::int32_t> partitions;
    for (const FetchResult& result : response.partitions) partitions.push_back(result.partition);
    return partitions;
  }
  std::int32_t epoch_ = 0;
};

TEST_F(QuietFetchTest, RecordsComeThatWereAppendedBetweenRequests) {
  produce(1);
  const auto news = next();
  EXPECT_THAT(told(news), ElementsAre(1));
  EXPECT_GT(news.partitions[0].records_bytes, 0u);
  produce(2);
  EXPECT_THAT(told(next({ServiceRig::from(topic_, 1, 1)})), ElementsAre(2));
}

TEST_F(QuietFetchTest, ARequestThatWaitsIsWokenByThem) {
  for (std::int64_t round = 0; round < 3; round++) {
    std::optional<FetchResponse> response;
    rig_.on_core([&] {
      spawn_fetch(next_request({ServiceRig::from(topic_, 1, round)}, std::chrono::seconds(100)),
                  response);
    });
    rig_.world.run_for(milliseconds(100));
    ASSERT_FALSE(response);
    produce(1);
    ASSERT_TRUE(rig_.until([&] { return response.has_value(); }));
    ASSERT_THAT(told(*response), ElementsAre(1));
    EXPECT_GT(response->partitions[0].records_bytes, 0u);
    EXPECT_EQ(response->partitions[0].high_watermark, Offset(round + 1));
  }
}

TEST_F(QuietFetchTest, ThoseThatMoveOneAfterTheOtherAddUp) {
  std::optional<FetchResponse> response;
  FetchRequest much = next_request({}, std::chrono::seconds(100));
  much.bytes_min = 2500;
  rig_.on_core([&] { spawn_fetch(std::move(much), response); });
  for (const std::int32_t partition : {0, 1, 0}) {
    rig_.world.run_for(milliseconds(100));
    EXPECT_FALSE(response);
    produce(partition, 1000);
  }
  ASSERT_TRUE(rig_.until([&] { return response.has_value(); }));
  ASSERT_THAT(told(*response), ElementsAre(0, 1));
  EXPECT_GT(response->partitions[0].records_bytes, 2000u);
  EXPECT_GT(response->partitions[1].records_bytes, 1000u);
  // The client has all of it.
  EXPECT_TRUE(
      next({ServiceRig::from(topic_, 0, 2), ServiceRig::from(topic_, 1, 1)}).partitions.empty());
  produce(0);
  EXPECT_THAT(told(next()), ElementsAre(0));
}

TEST_F(QuietFetchTest, AReaderMayGoBack) {
  produce(0);
  next();
  EXPECT_TRUE(next({ServiceRig::from(topic_, 0, 1)}).partitions.empty());
  const auto again = next({ServiceRig::from(topic_, 0, 0)});
  ASSERT_THAT(told(again), ElementsAre(0));
  EXPECT_GT(again.partitions[0].records_bytes, 0u);
}

TEST_F(QuietFetchTest, OneThatWasForgottenIsNotTold) {
  FetchRequest forgets = next_request({ServiceRig::from(topic_, 9, 0)});
  forgets.forgotten.push_back({.topic = {.name = {}, .id = topic_}, .partition = 1});
  EXPECT_THAT(told(rig_.fetch(std::move(forgets))), ElementsAre(9));
  produce(1);
  EXPECT_THAT(told(next()), ElementsAre(9));
}

TEST_F(QuietFetchTest, WithoutALeaseAllAreToldSo) {
  rig_.lease_holds = false;
  const auto refused = next();
  EXPECT_THAT(told(refused), UnorderedElementsAre(0, 1, 2));
  for (const FetchResult& result : refused.partitions)
    EXPECT_EQ(result.error.code, Errc::not_leader_or_follower);
  rig_.lease_holds = true;
  EXPECT_THAT(told(next()), UnorderedElementsAre(0, 1, 2));
  EXPECT_TRUE(next().partitions.empty());
}

TEST_F(QuietFetchTest, TheEndOfLeadershipIsTold) {
  rig_.on_core([&] { (*rig_.replicas->find({topic_, 1}))->stop_leading(LeaderEpoch(5)); });
  const auto news = next();
  ASSERT_THAT(told(news), ElementsAre(1));
  EXPECT_EQ(news.partitions[0].error.code, Errc::not_leader_or_follower);
}

TEST_F(QuietFetchTest, AnotherStartOfTheLogIsTold) {
  produce(1);
  next();
  EXPECT_TRUE(next({ServiceRig::from(topic_, 1, 1)}).partitions.empty());
  std::vector<DeleteRecordsPartition> all(1);
  all[0].topic.id = topic_;
  all[0].partition = 1;
  all[0].before = Offset(1);
  rig_.world.run(rig_.core(),
                 rig_.use_cases->delete_records.handle(rig_.context(), std::move(all)));
  const auto news = next();
  ASSERT_THAT(told(news), ElementsAre(1));
  EXPECT_EQ(news.partitions[0].error.code, Errc::none);
  EXPECT_EQ(news.partitions[0].log_start, Offset(1));
  EXPECT_TRUE(next().partitions.empty());
}

TEST_F(QuietFetchTest, ASessionOutlivesARequestThatWasCutOff) {
  std::optional<FetchResponse> cut;
  rig_.on_core([&] { spawn_fetch(next_request({}, std::chrono::seconds(100)), cut); });
  rig_.world.run_for(milliseconds(100));
  rig_.world.run(rig_.core(), tasks_->stop());
  tasks_.reset();
  produce(2);
  EXPECT_THAT(told(next()), ElementsAre(2));
  EXPECT_TRUE(next({ServiceRig::from(topic_, 2, 1)}).partitions.empty());
  produce(0);
  EXPECT_THAT(told(next()), ElementsAre(0));
}

TEST_F(QuietFetchTest, ARequestTakesTheWatchesOfOneThatWaitsStill) {
  std::optional<FetchResponse> slow;
  std::optional<FetchResponse> quick;
  rig_.on_core([&] { spawn_fetch(next_request({}, std::chrono::seconds(10)), slow); });
  rig_.world.run_for(milliseconds(100));
  rig_.on_core([&] { spawn_fetch(next_request({}, std::chrono::seconds(10)), quick); });
  rig_.world.run_for(milliseconds(100));
  produce(0);
  ASSERT_TRUE(rig_.until([&] { return quick.has_value(); }));
  EXPECT_THAT(told(*quick), ElementsAre(0));
  ASSERT_TRUE(rig_.until([&] { return slow.has_value(); }));
  EXPECT_EQ(slow->error.code, Errc::invalid_fetch_session_epoch);
}

TEST_F(SessionFetchTest, AreCounted) {
  begin(all_three());
  EXPECT_EQ(rig_.metrics.fetch_sessions.value(), 1u);
  EXPECT_EQ(rig_.metrics.fetch_session_partitions.value(), 3u);
  rig_.fetch(session_request(-1, all_three()));
  EXPECT_EQ(rig_.metrics.fetch_sessions.value(), 0u);
  EXPECT_EQ(rig_.metrics.fetch_session_partitions.value(), 0u);
  EXPECT_EQ(rig_.metrics.fetch_sessions_evicted.value(), 0u);
}

class OneSessionFetchTest : public SessionFetchTest {
 protected:
  OneSessionFetchTest() : SessionFetchTest({.fetch_sessions_max = 1}) {}
};

TEST_F(OneSessionFetchTest, CountsThoseThatGaveWay) {
  begin(all_three());
  session_ = 0;
  EXPECT_EQ(rig_.fetch(session_request(0, all_three())).session_id, 0);
  rig_.world.run_for(FetchSessions::kIdleMax + std::chrono::seconds(1));
  begin(all_three());
  EXPECT_EQ(rig_.metrics.fetch_sessions.value(), 1u);
  EXPECT_EQ(rig_.metrics.fetch_sessions_evicted.value(), 1u);
}

}  // namespace
}  // namespace ropewalk::service
