// What the data directories hold.
#include <gtest/gtest.h>

#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

class LogDirsTest : public testing::Test {
 protected:
  Result<std::vector<LogDirDescription>> describe() {
    return rig_.world.run(rig_.core(), rig_.use_cases->describe_log_dirs.handle(rig_.context()));
  }
  ServiceRig rig_{1};
};

TEST_F(LogDirsTest, EachReplicaIsAsLargeAsItsRecords) {
  const TopicId b = rig_.add_topic("b", 2);
  rig_.add_topic("a");
  rig_.add_topic("elsewhere", 1, BrokerId(2));
  const SharedBytes batch = ServiceRig::batch(3);
  ASSERT_EQ(rig_.produce_one(ServiceRig::to(b, 1, batch)).error.code, Errc::none);
  const auto described = describe();
  ASSERT_TRUE(described) << to_string(described.error());
  ASSERT_EQ(described->size(), 1u);
  const LogDirDescription& directory = described->front();
  EXPECT_EQ(directory.path, "/data");
  EXPECT_EQ(directory.error.code, Errc::none);
  EXPECT_GT(directory.total_bytes, 0u);
  EXPECT_LE(directory.usable_bytes, directory.total_bytes);
  ASSERT_EQ(directory.replicas.size(), 3u);
  EXPECT_EQ(directory.replicas[0].topic, "a");
  EXPECT_EQ(directory.replicas[0].bytes, 0u);
  EXPECT_EQ(directory.replicas[2].topic, "b");
  EXPECT_EQ(directory.replicas[2].partition, 1);
  EXPECT_EQ(directory.replicas[2].bytes, batch.size());
}

TEST_F(LogDirsTest, ReplicasThatDoNotLeadCountToo) {
  const TopicId id = rig_.add_topic("t");
  const SharedBytes batch = ServiceRig::batch();
  ASSERT_EQ(rig_.produce_one(ServiceRig::to(id, 0, batch)).error.code, Errc::none);
  rig_.on_core([&] { (*rig_.replicas->find({id, 0}))->stop_leading(LeaderEpoch(1)); });
  EXPECT_EQ(describe()->front().replicas.at(0).bytes, batch.size());
}

TEST_F(LogDirsTest, ADirectoryThatHasFailedSaysSoAndHoldsNothing) {
  rig_.add_topic("t");
  rig_.on_core([&] { rig_.directory->disk_failed({Errc::io_error, "the disk is gone"}); });
  rig_.world.run_for(std::chrono::milliseconds(1));
  const auto described = describe();
  ASSERT_TRUE(described) << to_string(described.error());
  EXPECT_EQ(described->front().error.code, Errc::kafka_storage_error);
  EXPECT_TRUE(described->front().error.context.ends_with("the disk is gone"));
  EXPECT_EQ(described->front().total_bytes, std::nullopt);
  EXPECT_TRUE(described->front().replicas.empty());
}

}  // namespace
}  // namespace ropewalk::service
