#include "broker/tools/verify_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/log/log_directory.h"
#include "broker/metadata/metadata_machine.h"
#include "broker/metadata/metadata_view.h"
#include "broker/quorum/raft_quorum.h"
#include "broker/tools/format_broker.h"
#include "common/env/sim/simulation.h"
#include "tests/support/ids.h"

namespace ropewalk::tools {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A formatted directory: a quorum, and no partitions yet.
class VerifyDirectory : public testing::Test {
 protected:
  VerifyDirectory() {
    FormatBrokerOptions options;
    options.data_dirs = {"/d"};
    options.broker = BrokerId(1);
    options.voters = {{BrokerId(1), {}, {}}};
    EXPECT_TRUE(run(format_broker(environment_, options, [](std::string_view) {})));
    take_office();
    take_quorum_in();
  }
  // As a broker that ran once leaves it: with the first entry of a term.
  void take_office() {
    const auto files = environment_.open_file_system({.root = "/d/quorum", .threads = 2}).value();
    env::Core& core = environment_.control_core();
    const auto state = *world_.run(core, quorum::load_hard_state(*files)).value();
    quorum::QuorumOptions options;
    options.cluster = state.cluster;
    options.node = state.node;
    options.directory = state.directory;
    metadata::MetadataView view(environment_);
    metadata::MetadataMachine machine(view);
    quorum::NoTransport nobody;
    quorum::RaftQuorum quorum(environment_, *files, nobody, options);
    quorum.attach(machine);
    EXPECT_TRUE(world_.run(core, quorum.start()));
    world_.run(core, quorum.stop());
  }
  // In the simulation each root is a disk of its own; on a real one this folder lies in the other.
  void take_quorum_in() {
    const auto files = environment_.open_file_system({.root = "/d"}).value();
    EXPECT_TRUE(run(files->make_directories("quorum/log")));
    for (const std::string name : {"state", "log/00000000000000000001.log"}) {
      const auto content = node_.disk("/d/quorum").content(name);
      EXPECT_TRUE(run(env::replace_file(*files, "quorum/" + name, *content)));
    }
  }

  template <class T>
  T run(Task<T> task) {
    return world_.run(environment_.core(0), std::move(task));
  }
  Result<Findings> verify(std::string directory = "/d") {
    lines_.clear();
    return run(verify_directory(environment_, std::move(directory),
                                [this](std::string_view line) { lines_.emplace_back(line); }, {}));
  }
  void make_partition(log::ReplicaMark mark) {
    const auto files = environment_.open_file_system({.root = "/d"}).value();
    const auto journal = run(log::ReplicasJournal::open(*files, environment_.core(0))).value();
    ASSERT_TRUE(run(journal->mark(kPartition, mark)));
  }

  static constexpr const char* kMetadataSegment = "quorum/log/00000000000000000001.log";
  const TopicPartition kPartition{id_of<TopicId>(5), 2};
  sim::Simulation world_{1};
  sim::Node& node_ = world_.add_node("a");
  env::Environment& environment_ = node_.environment();
  std::vector<std::string> lines_;
};

TEST_F(VerifyDirectory, SaysASummaryWhenAllChecks) {
  const auto found = verify();
  ASSERT_TRUE(found) << to_string(found.error());
  ASSERT_EQ(lines_.size(), 1U) << lines_[0];
  EXPECT_THAT(lines_[0], StartsWith("/d: partitions 1, segments 1, batches "));
  EXPECT_THAT(lines_[0], HasSubstr("problems 0"));
}

TEST_F(VerifyDirectory, ChangesNothing) {
  make_partition(log::ReplicaMark::created);
  const auto files = environment_.open_file_system({.root = "/d"}).value();
  const auto names = run(files->list("")).value();
  const std::string journal = *node_.disk("/d").content("replicas");
  ASSERT_TRUE(verify());
  EXPECT_EQ(run(files->list("")).value(), names);
  EXPECT_EQ(*node_.disk("/d").content("replicas"), journal);
}

TEST_F(VerifyDirectory, RefusesWhatIsNone) {
  EXPECT_EQ(verify("/elsewhere").error().code, Errc::not_found);
}

TEST_F(VerifyDirectory, NamesThePartitionWhoseFilesAreGone) {
  make_partition(log::ReplicaMark::has_data);
  ASSERT_TRUE(verify());
  EXPECT_THAT(lines_, Contains(fmt::format("problem: {}: it had data, and its files are gone",
                                           log::partition_folder(kPartition))));
}

TEST_F(VerifyDirectory, NamesDamagedFilesOfItsOwn) {
  ASSERT_TRUE(node_.disk("/d").flip_bit("meta.properties", 60));
  ASSERT_TRUE(node_.disk("/d").flip_bit("replicas", 17));
  ASSERT_TRUE(verify());
  EXPECT_THAT(lines_, ElementsAre(StartsWith("problem: meta.properties: "),
                                  StartsWith("problem: replicas: "), HasSubstr("problems 2")));
}

TEST_F(VerifyDirectory, NamesDamageInTheMetadata) {
  ASSERT_TRUE(node_.disk("/d").flip_bit(kMetadataSegment, 4096 + 65));
  ASSERT_TRUE(node_.disk("/d").flip_bit("quorum/state", 22));
  ASSERT_TRUE(verify());
  EXPECT_THAT(lines_, Contains(StartsWith("problem: quorum/state: ")));
  EXPECT_THAT(lines_,
              Contains(fmt::format("problem: {} at 4096, offset 1: a checksum that does not match",
                                   kMetadataSegment)));
}

TEST_F(VerifyDirectory, TheQuorumsStateMustNotBeLost) {
  const auto files = environment_.open_file_system({.root = "/d"}).value();
  ASSERT_TRUE(run(files->remove("quorum/state")));
  ASSERT_TRUE(verify());
  EXPECT_THAT(lines_, Contains(HasSubstr("quorum/state: it is missing")));
}

}  // namespace
}  // namespace ropewalk::tools
