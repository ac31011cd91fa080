#include "broker/data_directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ids.h"
#include "tests/support/node_rig.h"

namespace ropewalk {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class DataDirectoriesTest : public ::testing::Test {
 protected:
  // Opens, closes, and tells what went wrong, if anything.
  Error open(std::vector<std::string> roots, int broker = 1,
             std::optional<ClusterId> cluster = std::nullopt) {
    BrokerSettings settings;
    settings.data_dirs = std::move(roots);
    settings.broker_id = BrokerId(broker);
    settings.cluster_id = cluster;
    auto opened = rig_.world.run(rig_.core(), DataDirectories::open(rig_.environment(), settings));
    if (!opened) return opened.error();
    cluster_ = (*opened)->cluster();
    ids_ = (*opened)->ids();
    lost_ = (*opened)->lost();
    rig_.world.run(rig_.core(), (*opened)->close());
    return {Errc::none, ""};
  }

  // A directory of broker 1 in that cluster.
  void make(const std::string& root, ClusterId cluster) {
    auto files = rig_.environment().open_file_system({.root = root, .threads = 1}).value();
    log::LogDirectoryOptions options;
    options.expected = {cluster, BrokerId(1), DirectoryId()};
    options.may_format = true;
    const auto made = rig_.world.run(
        rig_.core(), log::LogDirectory::open(rig_.environment(), *files, rig_.core(), options));
    ASSERT_TRUE(made) << to_string(made.error());
    rig_.world.run(rig_.core(), (*made)->close());
  }

  NodeRig rig_{1, 1};
  sim::Disk& disk(const std::string& root) { return rig_.node.disk(root); }

  ClusterId cluster_;
  std::vector<DirectoryId> ids_;
  std::vector<DataDirectories::Lost> lost_;
};

TEST_F(DataDirectoriesTest, OpensItsOwnAgain) {
  EXPECT_EQ(open({"/a", "/b"}).code, Errc::none);
  const ClusterId made = cluster_;
  EXPECT_EQ(open({"/a", "/b"}, 1, made).code, Errc::none);
  EXPECT_EQ(cluster_, made);
}

// No id that was not looked for may stand in the message as zeros.
TEST_F(DataDirectoriesTest, RefusesThoseOfAnotherInTheWordsOfTheSettings) {
  ASSERT_EQ(open({"/a"}).code, Errc::none);
  const Error other_broker = open({"/a"}, 2);
  EXPECT_EQ(other_broker.code, Errc::wrong_owner);
  EXPECT_EQ(
      other_broker.context,
      fmt::format("data_dir /a belongs to broker 1 of cluster {}, but broker_id is 2", cluster_));
  const Error other_cluster = open({"/a"}, 1, id_of<ClusterId>(9));
  EXPECT_EQ(other_cluster.code, Errc::wrong_owner);
  EXPECT_THAT(other_cluster.context,
              HasSubstr(fmt::format("but cluster_id is {}", id_of<ClusterId>(9))));

  make("/b", id_of<ClusterId>(8));
  const Error mixed = open({"/a", "/b"});
  EXPECT_EQ(mixed.code, Errc::wrong_owner);
  EXPECT_THAT(mixed.context,
              AllOf(HasSubstr("data_dir /b belongs to cluster"), HasSubstr("but /a to cluster"),
                    Not(HasSubstr(DirectoryId().to_base64()))));
}

// R11.
TEST_F(DataDirectoriesTest, ALaterOneThatFailsIsLeftOutAndComesBackAsItself) {
  ASSERT_EQ(open({"/a", "/b", "/c"}).code, Errc::none);
  const std::vector<DirectoryId> all = ids_;
  const auto only_without_b = [&] {
    EXPECT_EQ(open({"/a", "/b", "/c"}).code, Errc::none);
    EXPECT_THAT(ids_, ElementsAre(all[0], all[2]));
    ASSERT_EQ(lost_.size(), 1U);
    EXPECT_EQ(lost_[0].root, "/b");
  };
  disk("/b").faults.read_error = 1;
  only_without_b();
  EXPECT_EQ(lost_[0].error.code, Errc::io_error);
  disk("/b").faults.read_error = 0;

  disk("/b").faults.read_only = true;
  only_without_b();
  EXPECT_EQ(lost_[0].error.code, Errc::permission_denied);
  disk("/b").faults.read_only = false;

  ASSERT_EQ(open({"/a", "/b", "/c"}).code, Errc::none);
  EXPECT_EQ(ids_, all);
  EXPECT_TRUE(lost_.empty());
}

TEST_F(DataDirectoriesTest, TheFirstMustBeThere) {
  ASSERT_EQ(open({"/a", "/b"}).code, Errc::none);
  disk("/a").faults.read_error = 1;
  EXPECT_EQ(open({"/a", "/b"}).code, Errc::io_error);
}

// One that cannot be read may be what another cluster left.
TEST_F(DataDirectoriesTest, ANewClusterNeedsAllOfThem) {
  ASSERT_EQ(open({"/a", "/b"}).code, Errc::none);
  disk("/b").faults.read_error = 1;
  const Error refused = open({"/new", "/b"});
  EXPECT_EQ(refused.code, Errc::io_error);
  EXPECT_THAT(refused.context, AllOf(HasSubstr("data_dir /new is empty"), HasSubstr("/b cannot")));
}

// Whoever has lost a disk must not come back as a new cluster under an old address.
TEST_F(DataDirectoriesTest, AnEmptyOneOfAClusterIsNotMadeHere) {
  const Error named = open({"/a"}, 1, id_of<ClusterId>(8));
  EXPECT_EQ(named.code, Errc::not_found);
  EXPECT_THAT(named.context, AllOf(HasSubstr("data_dir /a is empty"), HasSubstr("cluster_id"),
                                   HasSubstr("run 'ropewalkd format' with the same settings")));
  BrokerSettings voting;
  voting.data_dirs = {"/a"};
  voting.quorum_voters = {{BrokerId(1), {"h", 9193}, {}}};
  const auto opened =
      rig_.world.run(rig_.core(), DataDirectories::open(rig_.environment(), voting));
  EXPECT_TRUE(!opened && opened.error().code == Errc::not_found);
  EXPECT_EQ(open({"/a"}).code, Errc::none);  // Nothing was put there.
}

// Neither of them says that a disk has failed: the operator must look.
TEST_F(DataDirectoriesTest, DamageAndOtherOwnersRefuseTheStart) {
  ASSERT_EQ(open({"/a", "/b"}).code, Errc::none);
  make("/c", id_of<ClusterId>(8));
  EXPECT_EQ(open({"/a", "/c"}).code, Errc::wrong_owner);
  ASSERT_TRUE(disk("/b").flip_bit("meta.properties", 60));
  EXPECT_EQ(open({"/a", "/b"}).code, Errc::corrupt);
}

TEST_F(DataDirectoriesTest, ALaterOneThatIsEmptyIsANewOne) {
  ASSERT_EQ(open({"/a"}).code, Errc::none);
  const DirectoryId first = ids_.front();
  ASSERT_EQ(open({"/a", "/b"}).code, Errc::none);
  ASSERT_EQ(ids_.size(), 2U);
  EXPECT_EQ(ids_[0], first);
  EXPECT_NE(ids_[1], first);
  EXPECT_EQ(open({"/new", "/b"}).code, Errc::not_found);
}

}  // namespace
}  // namespace ropewalk
