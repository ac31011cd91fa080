// What a broker does when its disk has lost whole files: it says so, and begins nothing anew.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/cluster.h"

namespace ropewalk::testing {
namespace {

using ::testing::HasSubstr;

TEST(BrokerLostFiles, AQuorumThatWasThereIsNotReplacedByAnEmptyOne) {
  Cluster cluster({.seed = 3});
  ASSERT_TRUE(cluster.start(0));
  cluster.stop(0);
  sim::Disk& quorum = cluster.node(0).disk("/data/quorum");
  ASSERT_FALSE(quorum.files().empty());
  for (const std::string& file : quorum.files()) ASSERT_TRUE(quorum.remove(file));
  const auto started = cluster.start(0);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::not_found);
  EXPECT_THAT(started.error().context, HasSubstr("Bring the folder back"));
  cluster.kill(0);
}

TEST(BrokerLostFiles, AStartThatWasKilledBeforeItHadAQuorumBeginsAgain) {
  // Somewhere in the first milliseconds there is a directory without a quorum.
  for (int cut = 0; cut < 20; cut++) {
    Cluster cluster({.seed = static_cast<std::uint64_t>(cut) + 1});
    cluster.begin_start(0);
    cluster.world().run_for(std::chrono::microseconds(1000 * cut));
    cluster.power_cut(0);
    const auto started = cluster.start(0);
    ASSERT_TRUE(started) << cut << to_string(started.error());
  }
}

}  // namespace
}  // namespace ropewalk::testing
