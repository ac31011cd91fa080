// A cluster of one daemon grows to three voters, and one of them loses its disk, with the command.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon_cluster.h"

namespace ropewalk::support {
namespace {

using ::testing::HasSubstr;

using GrowingCluster = DaemonCluster;

TEST_F(GrowingCluster, GrowsToThreeAndReplacesALostDisk) {
  ASSERT_NO_FATAL_FAILURE(format(0, first_));
  ASSERT_NO_FATAL_FAILURE(start(0, first_));
  for (const std::size_t i : {1U, 2U}) {
    ASSERT_NO_FATAL_FAILURE(format(i, first_));
    ASSERT_NO_FATAL_FAILURE(start(i, first_));
  }
  const Outcome two = voters({"add", "2"});
  ASSERT_EQ(two.status, 0) << two.errors;
  EXPECT_THAT(two.errors, HasSubstr("2 voters bear no more failures than 1"));
  const Outcome three = voters({"add", "3"});
  ASSERT_EQ(three.status, 0) << three.errors;
  EXPECT_EQ(three.errors, "");
  EXPECT_EQ(voters({"add", "3"}).status, 1);

  brokers_[1]->process.kill_hard();
  brokers_[1].reset();
  disks_[1]++;
  const std::string others = fmt::format("{},3@{}", first_, listens_[2]);
  ASSERT_NO_FATAL_FAILURE(format(1, others));
  ASSERT_NO_FATAL_FAILURE(start(1, others));
  const Outcome replaced = voters({"replace", "2"});
  ASSERT_EQ(replaced.status, 0) << replaced.errors;

  // Two of the three decide: the first, and the disk that is new.
  brokers_[2]->process.kill_hard();
  brokers_[2].reset();
  const Outcome created = ropewalk({"topic", "create", "t", "--partitions", "1"});
  EXPECT_EQ(created.status, 0) << created.errors;
  const Outcome status = ropewalk({"cluster", "status"});
  EXPECT_THAT(status.out, HasSubstr("voters 1 2 3"));
}

// With an empty disk it would be a cluster of its own.
TEST_F(GrowingCluster, GrowsNotFromAVoterWithoutQuorumVoters) {
  ASSERT_NO_FATAL_FAILURE(format(0, ""));
  ASSERT_NO_FATAL_FAILURE(start(0, ""));
  ASSERT_NO_FATAL_FAILURE(format(1, first_));
  ASSERT_NO_FATAL_FAILURE(start(1, first_));
  const Outcome refused = voters({"add", "2"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("quorum_voters"));
  EXPECT_THAT(voters({"list"}).out, HasSubstr("observer"));
}

// Nobody could reach it, and it nobody.
TEST_F(GrowingCluster, SeveralVotersNeedAPortForEachOther) {
  const std::string several = fmt::format("{},2@{},3@{}", first_, listens_[1], listens_[2]);
  ASSERT_NO_FATAL_FAILURE(format(0, first_));
  const Outcome refused = run({program("ropewalkd"), "--data-dir", data_of(0), "--broker-id", "1",
                               "--native-listen", "127.0.0.1:0", "--kafka-listen", "off",
                               "--admin-listen", "off", "--quorum-voters", several});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("broker_listen is off"));
}

}  // namespace
}  // namespace ropewalk::support
