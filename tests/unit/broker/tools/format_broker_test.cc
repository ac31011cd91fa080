#include "broker/tools/format_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/log/log_directory.h"
#include "broker/log/segment_header.h"
#include "broker/quorum/state_file.h"
#include "common/env/sim/simulation.h"
#include "tests/support/ids.h"

namespace ropewalk::tools {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

QuorumVoter voter(int id) {
  return {.id = BrokerId(id),
          .address = {"h", static_cast<std::uint16_t>(9000 + id)},
          .directory = id_of<DirectoryId>(static_cast<std::uint8_t>(10 + id))};
}

// Of one of three first voters, named in whatever order.
BrokerSettings one_of_three(int id) {
  BrokerSettings settings;
  settings.data_dirs = {"/a", "/b"};
  settings.broker_id = BrokerId(id);
  settings.cluster_id = id_of<ClusterId>(7);
  settings.quorum_voters = {voter(3), voter(1), voter(2)};
  return settings;
}

std::string refusal(const BrokerSettings& settings) {
  const auto options = format_options(settings);
  if (options) return "not refused";
  EXPECT_EQ(options.error().code, Errc::invalid_setting);
  return options.error().context;
}

TEST(FormatOptions, AreTheIdentityOfTheSettings) {
  const auto options = format_options(one_of_three(3));
  ASSERT_TRUE(options) << to_string(options.error());
  EXPECT_THAT(options->data_dirs, ElementsAre("/a", "/b"));
  EXPECT_EQ(options->broker, BrokerId(3));
  EXPECT_EQ(options->cluster, id_of<ClusterId>(7));
  EXPECT_EQ(options->directory, id_of<DirectoryId>(13));
}

TEST(FormatOptions, VotersAreTheSameOnAll) {
  const auto first = format_options(one_of_three(1));
  const auto second = format_options(one_of_three(2));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->voters, second->voters);
  EXPECT_THAT(first->voters,
              ElementsAre(quorum::Voter{BrokerId(1), id_of<DirectoryId>(11), {"h", 9001}},
                          quorum::Voter{BrokerId(2), id_of<DirectoryId>(12), {"h", 9002}},
                          quorum::Voter{BrokerId(3), id_of<DirectoryId>(13), {"h", 9003}}));
}

TEST(FormatOptions, OneAloneNeedsNoIds) {
  BrokerSettings settings;
  settings.data_dirs = {"/a"};
  settings.broker_listen = settings::HostPort{"127.0.0.1", 9193};
  auto options = format_options(settings);
  ASSERT_TRUE(options) << to_string(options.error());
  EXPECT_TRUE(options->cluster.is_none() && options->directory.is_none());
  EXPECT_THAT(options->voters,
              ElementsAre(quorum::Voter{BrokerId(1), DirectoryId(), {"127.0.0.1", 9193}}));
  settings.advertised["broker"] = {{"outside", 1}};
  EXPECT_EQ(format_options(settings)->voters[0].endpoint, (env::Endpoint{"outside", 1}));
  settings.quorum_voters = {voter(1)};
  settings.quorum_voters[0].directory.reset();
  options = format_options(settings);
  ASSERT_TRUE(options) << to_string(options.error());
  EXPECT_THAT(options->voters, ElementsAre(quorum::Voter{BrokerId(1), DirectoryId(), {"h", 9001}}));
}

TEST(FormatOptions, OneThatIsNotAmongTheVotersJoins) {
  BrokerSettings settings = one_of_three(4);
  for (QuorumVoter& other : settings.quorum_voters) other.directory.reset();
  const auto options = format_options(settings);
  ASSERT_TRUE(options) << to_string(options.error());
  EXPECT_THAT(options->voters, SizeIs(0));
  EXPECT_TRUE(options->directory.is_none());
  settings.cluster_id.reset();
  EXPECT_THAT(refusal(settings), AllOf(HasSubstr("cluster_id is not set"),
                                       HasSubstr("broker_id 4 is not among quorum_voters"),
                                       HasSubstr("ropewalk cluster status")));
}

TEST(FormatOptions, WhatTheVotersCannotAgreeOnIsRefused) {
  BrokerSettings settings = one_of_three(1);
  settings.cluster_id.reset();
  EXPECT_THAT(refusal(settings), AllOf(HasSubstr("cluster_id is not set"), HasSubstr("new-id")));
  for (const std::size_t nameless : {0U, 1U}) {  // Another's, and the own.
    settings = one_of_three(1);
    settings.quorum_voters[nameless].directory.reset();
    const int id = settings.quorum_voters[nameless].id.value();
    EXPECT_THAT(
        refusal(settings),
        AllOf(HasSubstr(fmt::format("broker {} has no directory id", id)),
              HasSubstr(fmt::format("{0}@h:900{0}:DIRECTORY_ID", id)), HasSubstr("new-id")));
  }
  settings = one_of_three(1);
  settings.quorum_voters[0].directory = settings.quorum_voters[2].directory;
  EXPECT_THAT(refusal(settings), HasSubstr("brokers 3 and 2 have the same directory id"));
  settings = one_of_three(1);
  settings.quorum_voters.pop_back();
  EXPECT_THAT(refusal(settings), HasSubstr("quorum_voters names 2 brokers"));
}

// A machine for each broker, formatted apart from the others.
class FormatBrokerTest : public ::testing::Test {
 protected:
  struct Made {
    std::vector<std::string> lines;
    log::DirectoryMeta first;
    quorum::HardState state;
    std::string entries;  // Without the files' headers, which have ids.
  };
  Made format(const BrokerSettings& settings) {
    sim::Node& node = world_.add_node(fmt::format("broker{}", settings.broker_id));
    env::Environment& environment = node.environment();
    Made made;
    const auto options = format_options(settings);
    EXPECT_TRUE(options) << to_string(options.error());
    auto say = [&made](std::string_view line) { made.lines.emplace_back(line); };
    const auto done = world_.run(environment.core(0), format_broker(environment, *options, say));
    EXPECT_TRUE(done) << to_string(done.error());
    env::Core& core = environment.core(0);
    const auto data = environment.open_file_system({.root = settings.data_dirs[0]}).value();
    made.first = world_.run(core, log::LogDirectory::peek(*data)).value().value();
    const auto files =
        environment.open_file_system({.root = settings.data_dirs[0] + "/quorum"}).value();
    made.state = world_.run(core, quorum::load_hard_state(*files)).value().value();
    const auto names = world_.run(core, files->list("log"));
    if (!names) return made;
    for (const std::string& name : *names)
      if (name.ends_with(".log"))
        made.entries += world_.run(core, env::read_file(*files, "log/" + name, 1 << 20))
                            .value()
                            .substr(log::kSegmentHeaderBytes);
    return made;
  }
  sim::Simulation world_{1};
};

TEST_F(FormatBrokerTest, FirstVotersBeginWithTheSameBytes) {
  const Made first = format(one_of_three(1));
  const Made second = format(one_of_three(2));
  EXPECT_THAT(first.entries, HasSubstr(id_of<DirectoryId>(13).to_bytes()));
  EXPECT_EQ(first.entries, second.entries);
  EXPECT_EQ(first.first.directory, id_of<DirectoryId>(11));
  EXPECT_EQ(second.first.directory, id_of<DirectoryId>(12));
  EXPECT_EQ(first.state.directory, id_of<DirectoryId>(11));
  EXPECT_EQ(first.state.cluster, id_of<ClusterId>(7));
  EXPECT_EQ(first.state.term, Term(1));
  EXPECT_TRUE(first.first.quorum_kept);
  EXPECT_THAT(first.lines, ElementsAre(HasSubstr("formatted /a"), HasSubstr("formatted /b"),
                                       EndsWith("1, 2, 3")));
}

TEST_F(FormatBrokerTest, OneThatJoinsHasNoVotersOfItsOwn) {
  const Made made = format(one_of_three(4));
  EXPECT_EQ(made.state.term, Term(0));
  EXPECT_EQ(made.state.cluster, id_of<ClusterId>(7));
  EXPECT_EQ(made.state.directory, made.first.directory);
  EXPECT_EQ(made.entries, "");
  EXPECT_TRUE(made.first.quorum_kept);
  EXPECT_THAT(made.lines.back(), HasSubstr("broker 4 joins cluster"));
}

TEST_F(FormatBrokerTest, OneAloneVotesUnderTheIdThatItsDirectoryGot) {
  BrokerSettings settings;
  settings.data_dirs = {"/a"};
  const Made made = format(settings);
  EXPECT_FALSE(made.first.directory.is_none());
  EXPECT_EQ(made.state.directory, made.first.directory);
  EXPECT_THAT(made.entries, HasSubstr(made.first.directory.to_bytes()));
}

}  // namespace
}  // namespace ropewalk::tools
