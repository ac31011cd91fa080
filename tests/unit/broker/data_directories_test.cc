#include "broker/data_directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ids.h"
#include "tests/support/node_rig.h"

namespace ropewalk {
namespace {

using ::testing::AllOf;
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
  ClusterId cluster_;
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

}  // namespace
}  // namespace ropewalk
