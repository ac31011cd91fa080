#include "broker/service/delete_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

class DeleteRecordsTest : public testing::Test {
 protected:
  void produce(std::int32_t partition, std::int32_t records) {
    ASSERT_EQ(
        rig_.produce_one(ServiceRig::to(topic_, partition, ServiceRig::batch(records))).error.code,
        Errc::none);
  }
  DeleteRecordsPartition before(std::int32_t partition, std::int64_t offset) {
    DeleteRecordsPartition wanted;
    wanted.topic.id = topic_;
    wanted.partition = partition;
    wanted.before = Offset(offset);
    return wanted;
  }
  std::vector<DeletedRecords> remove(std::vector<DeleteRecordsPartition> wanted,
                                     env::Duration within = std::chrono::seconds(20)) {
    return rig_.world.run(rig_.core(), rig_.use_cases->delete_records.handle(rig_.context(within),
                                                                             std::move(wanted)));
  }

  ServiceRig rig_{1};
  const TopicId topic_ = rig_.add_topic("t", 3);
};

TEST_F(DeleteRecordsTest, AnswersEachPartitionWithWhereItBeginsNow) {
  produce(0, 10);
  produce(1, 10);
  auto mistaken = before(2, 0);
  mistaken.leader_epoch = LeaderEpoch(7);
  const auto deleted =
      remove({before(0, 4), before(1, -1), mistaken, before(0, 11), before(9, 0), before(1, -2)});
  EXPECT_EQ(deleted[0].log_start, Offset(4));
  EXPECT_EQ(deleted[1].log_start, Offset(10));
  EXPECT_EQ(deleted[2].error.code, Errc::unknown_leader_epoch);
  EXPECT_EQ(deleted[3].error.code, Errc::offset_out_of_range);
  EXPECT_EQ(deleted[4].error.code, Errc::unknown_topic_or_partition);
  EXPECT_EQ(deleted[5].error.code, Errc::offset_out_of_range);
  for (const std::size_t i : {2u, 3u, 4u, 5u}) EXPECT_FALSE(deleted[i].error.context.empty());
  EXPECT_EQ(remove({before(0, 2)})[0].log_start, Offset(4)) << "already gone";

  FetchRequest gone;
  gone.partitions.push_back(ServiceRig::from(topic_, 0, 3));
  EXPECT_EQ(rig_.fetch(std::move(gone)).partitions[0].error.code, Errc::offset_out_of_range);
}

TEST_F(DeleteRecordsTest, AnswersNothingWithoutAnyPartition) { EXPECT_TRUE(remove({}).empty()); }

TEST_F(DeleteRecordsTest, AsksTheAuthorizerAndTheLease) {
  rig_.lease_holds = false;
  EXPECT_EQ(remove({before(0, 0)})[0].error.code, Errc::not_leader_or_follower);
  rig_.lease_holds = true;
  rig_.authorizer.forbidden = "t";
  EXPECT_EQ(remove({before(0, 0)})[0].error.code, Errc::topic_authorization_failed);
}

TEST_F(DeleteRecordsTest, TimesOutWhileTheDiskStalls) {
  produce(0, 10);
  rig_.node.disk("/data").faults.sync_stall = 1;
  const auto deleted = remove({before(0, 4)}, std::chrono::milliseconds(100));
  EXPECT_EQ(deleted[0].error.code, Errc::request_timed_out);
  rig_.world.run_for(std::chrono::seconds(20));  // Its answer comes when nobody waits any more.
}

}  // namespace
}  // namespace ropewalk::service
