// One replica of the metadata log on a simulated disk.
#include "broker/quorum/raft_quorum.h"

#include <map>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/env/sim/simulation.h"
#include "tests/support/ids.h"
#include "tests/unit/broker/quorum/recorder.h"

namespace ropewalk::quorum {
namespace {

using ::testing::HasSubstr;

QuorumOptions default_options() {
  QuorumOptions options;
  options.cluster = id_of<ClusterId>(1);
  options.node = BrokerId(1);
  options.directory = id_of<DirectoryId>(2);
  options.endpoint = {"localhost", 9193};
  options.may_format = true;
  return options;
}

// One process with a quorum.
struct Life {
  Life(sim::Node& node, QuorumOptions options)
      : environment(node.environment()),
        files(*environment.open_file_system({.root = "/data/quorum", .threads = 2})),
        quorum(std::make_unique<RaftQuorum>(environment, *files, nobody, std::move(options))) {
    quorum->attach(machine);
  }
  env::Environment& environment;
  Recorder machine;
  std::unique_ptr<env::FileSystem> files;
  NoTransport nobody;
  std::unique_ptr<RaftQuorum> quorum;
};

class RaftQuorumTest : public ::testing::Test {
 protected:
  RaftQuorumTest() : simulation_(sim::seed_from_environment(1)), node_(simulation_.add_node("a")) {}

  std::unique_ptr<Life> begin(QuorumOptions options = default_options()) {
    return std::make_unique<Life>(node_, std::move(options));
  }
  Result<void> start(Life& life) {
    return simulation_.run(life.environment.control_core(), life.quorum->start());
  }
  Result<Offset> append(Life& life, Term term, std::string text) {
    return simulation_.run(life.environment.control_core(), life.quorum->append(term, entry(text)));
  }
  void stop(std::unique_ptr<Life> life) {
    simulation_.run(life->environment.control_core(), life->quorum->stop());
    node_.kill();
  }

  sim::Simulation simulation_;
  sim::Node& node_;
};

TEST_F(RaftQuorumTest, FirstEntryIsTheVotersOfTermOne) {
  auto life = begin();
  auto started = start(*life);
  ASSERT_TRUE(started) << to_string(started.error());
  EXPECT_EQ(life->quorum->term(), Term(2));
  EXPECT_EQ(life->quorum->commit(), Offset(2));  // Voters, and the term's own.
  EXPECT_EQ(life->machine.controls, 2);
  EXPECT_EQ(life->machine.leader, BrokerId(1));
  ASSERT_EQ(life->quorum->voters().size(), 1u);
  EXPECT_EQ(life->quorum->voters()[0].directory, id_of<DirectoryId>(2));
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, RestartRaisesTheTermAndAppliesEverything) {
  auto life = begin();
  ASSERT_TRUE(start(*life));
  EXPECT_EQ(append(*life, Term(2), "one").value(), Offset(3));
  EXPECT_EQ(append(*life, Term(2), "two").value(), Offset(4));
  EXPECT_EQ(life->machine.entries.at(Offset(4)), "two");  // Applied when it is answered (M5).
  stop(std::move(life));
  life = begin();
  ASSERT_TRUE(start(*life));
  EXPECT_EQ(life->quorum->term(), Term(3));
  EXPECT_EQ(life->machine.leader_term, Term(3));
  EXPECT_EQ(life->machine.entries.at(Offset(3)), "one");
  EXPECT_EQ(life->machine.entries.at(Offset(4)), "two");
  EXPECT_EQ(append(*life, Term(3), "three").value(), Offset(6));
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, RefusesOtherTermsAndHugeEntries) {
  auto options = default_options();
  options.entry_bytes_max = 1000;
  auto life = begin(options);
  ASSERT_TRUE(start(*life));
  EXPECT_EQ(append(*life, Term(0), "x").error().code, Errc::not_controller);
  EXPECT_EQ(append(*life, Term(3), "x").error().code, Errc::not_controller);
  EXPECT_EQ(append(*life, Term(2), std::string(1000, 'x')).error().code, Errc::message_too_large);
  EXPECT_EQ(life->quorum->commit(), Offset(2));
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, ResigningBeginsANewTerm) {
  auto life = begin();
  ASSERT_TRUE(start(*life));
  life->environment.control_core().post([&] { life->quorum->resign(Term(2)); });
  ASSERT_TRUE(simulation_.run_until([&] { return life->machine.leader_term == Term(3); },
                                    std::chrono::seconds(10)));
  EXPECT_EQ(append(*life, Term(2), "x").error().code, Errc::not_controller);
  EXPECT_TRUE(append(*life, Term(3), "x"));
  stop(std::move(life));
}

// A broker whose start failed later on (a port in use) stops while others still append.
TEST_F(RaftQuorumTest, RefusesWhatIsAppendedWhileItStops) {
  auto life = begin();
  ASSERT_TRUE(start(*life));
  std::optional<Errc> answer;
  const auto answered = [&](std::exception_ptr, Result<Offset> outcome) {
    answer = outcome ? Errc::none : outcome.error().code;
  };
  env::Core& core = life->environment.control_core();
  // In the middle of a change of terms, which appends too.
  core.post([&] { life->quorum->resign(Term(2)); });
  boost::asio::co_spawn(core.executor(), life->quorum->stop(), [](std::exception_ptr) {});
  boost::asio::co_spawn(core.executor(), life->quorum->append(Term(2), entry("late")), answered);
  ASSERT_TRUE(simulation_.run_until([&] { return answer.has_value(); }, std::chrono::seconds(10)));
  EXPECT_TRUE(answer == Errc::shutting_down || answer == Errc::not_controller);
  simulation_.run_for(std::chrono::seconds(1));
  node_.kill();
  life = begin();
  ASSERT_TRUE(start(*life));
  EXPECT_TRUE(life->machine.entries.empty());
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, RefusesForeignAndMissingFolders) {
  auto options = default_options();
  options.may_format = false;
  auto life = begin(options);
  EXPECT_EQ(start(*life).error().code, Errc::not_found);
  stop(std::move(life));
  life = begin();
  ASSERT_TRUE(start(*life));
  stop(std::move(life));
  options = default_options();
  options.cluster = id_of<ClusterId>(99);
  life = begin(options);
  EXPECT_EQ(start(*life).error().code, Errc::wrong_owner);
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, LostStateFileIsDamage) {
  auto life = begin();
  ASSERT_TRUE(start(*life));
  ASSERT_TRUE(append(*life, Term(2), "one"));
  ASSERT_TRUE(simulation_.run(life->environment.control_core(), life->files->remove("state")));
  stop(std::move(life));
  life = begin();
  auto started = start(*life);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::corrupt);
  EXPECT_THAT(started.error().context, HasSubstr("no state file"));
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, RottenMiddleIsRefused) {
  auto life = begin();
  ASSERT_TRUE(start(*life));
  for (int i = 0; i < 20; i++) ASSERT_TRUE(append(*life, Term(2), fmt::format("entry {}", i)));
  stop(std::move(life));
  auto& disk = node_.disk("/data/quorum");
  std::string segment;
  for (const auto& path : disk.files())
    if (path.ends_with(".log")) segment = path;
  ASSERT_FALSE(segment.empty());
  ASSERT_TRUE(disk.flip_bit(segment, 4096 + 61 + 200));
  life = begin();
  auto started = start(*life);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::corrupt) << to_string(started.error());
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, EntryThatCannotBeAppliedEndsIt) {
  auto options = default_options();
  int failures = 0;
  options.on_failure = [&](const Error&) { failures++; };
  auto life = begin(options);
  ASSERT_TRUE(start(*life));
  EXPECT_EQ(append(*life, Term(2), "refuse me").error().code, Errc::outcome_unknown);
  EXPECT_EQ(append(*life, Term(2), "more").error().code, Errc::outcome_unknown);
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(life->machine.leader, kNoBroker);
  stop(std::move(life));
}

TEST_F(RaftQuorumTest, FailedSyncEndsIt) {
  auto options = default_options();
  int failures = 0;
  options.on_failure = [&](const Error&) { failures++; };
  auto life = begin(options);
  ASSERT_TRUE(start(*life));
  node_.disk("/data/quorum").faults.sync_error = 1.0;
  EXPECT_EQ(append(*life, Term(2), "x").error().code, Errc::outcome_unknown);
  EXPECT_EQ(failures, 1);
  node_.kill();
  life.reset();
}

TEST_F(RaftQuorumTest, SnapshotsShortenTheLog) {
  auto options = default_options();
  options.snapshot_after_bytes = 4000;
  options.segment_bytes = 3000;
  auto life = begin(options);
  ASSERT_TRUE(start(*life));
  for (int i = 0; i < 200; i++) ASSERT_TRUE(append(*life, Term(2), fmt::format("entry {}", i)));
  const auto entries = life->machine.entries;
  simulation_.run_for(std::chrono::seconds(1));
  stop(std::move(life));
  int snapshots = 0;
  bool first_segment = false;
  for (const auto& path : node_.disk("/data/quorum").files()) {
    snapshots += path.ends_with(".snapshot");
    first_segment |= path.ends_with("00000000000000000001.log");
  }
  EXPECT_EQ(snapshots, 1);
  EXPECT_FALSE(first_segment);
  life = begin(options);
  auto started = start(*life);
  ASSERT_TRUE(started) << to_string(started.error());
  EXPECT_TRUE(life->machine.loaded);
  EXPECT_EQ(life->machine.entries, entries);
  ASSERT_EQ(life->quorum->voters().size(), 1u);
  EXPECT_TRUE(append(*life, Term(3), "after"));
  stop(std::move(life));
}

// It died between storing a leader's snapshot and letting its own log go, which went another way:
// nothing of that follows the snapshot.
TEST_F(RaftQuorumTest, ASnapshotIsNotFollowedByALogThatWentAnotherWay) {
  auto life = begin();
  ASSERT_TRUE(start(*life));
  for (const char* text : {"a", "b", "c", "d"}) ASSERT_TRUE(append(*life, Term(2), text));
  const Voters voters = life->quorum->voters();
  stop(std::move(life));

  auto between = begin();
  const SnapshotMeta meta{Offset(4), Term(5), voters};
  SnapshotBuilder builder(meta);
  builder.add_chunk("3:theirs");
  HardState hard{id_of<ClusterId>(1), BrokerId(1), id_of<DirectoryId>(2), Term(5), kNoBroker};
  ASSERT_TRUE(simulation_.run(between->environment.control_core(),
                              store_hard_state(*between->files, hard)));
  ASSERT_TRUE(simulation_.run(
      between->environment.control_core(),
      store_snapshot(*between->files, meta.last_index, std::move(builder).finish())));
  stop(std::move(between));

  auto again = begin();
  const auto started = start(*again);
  ASSERT_TRUE(started) << to_string(started.error());
  EXPECT_EQ(again->quorum->commit(), Offset(5));  // The snapshot, and the new term's own.
  EXPECT_EQ(again->machine.entries, (std::map<Offset, std::string>{{Offset(3), "theirs"}}));
  stop(std::move(again));
}

struct Client {
  std::map<Offset, std::string> acked;
  int next = 0;
};

// Appends until it fails or the process dies; a committed answer is remembered.
Task<void> keep_appending(RaftQuorum& quorum, Term term, std::shared_ptr<Client> client) {
  for (;;) {
    const std::string text = fmt::format("entry {}", client->next++);
    auto bytes = entry(text);
    auto appended = co_await quorum.append(term, std::move(bytes));
    if (!appended) co_return;
    client->acked[*appended] = text;
  }
}

// A committed entry is never lost, and no entry changes, over power cuts at any moment.
TEST(RaftQuorumPowerCuts, CommittedEntriesSurvive) {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  std::uint64_t acked = 0;
  for (std::uint64_t seed = 1; seed <= 12; seed++) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    sim::Simulation simulation(seed);
    sim::Node& node = simulation.add_node("a");
    auto client = std::make_shared<Client>();
    Term last_term;
    for (int round = 0; round < 5; round++) {
      auto options = default_options();
      options.snapshot_after_bytes = 2000;
      options.segment_bytes = 3000;
      Life life(node, options);
      auto started = std::make_shared<std::optional<Result<void>>>();
      boost::asio::co_spawn(life.environment.control_core().executor(), life.quorum->start(),
                            [started](std::exception_ptr, Result<void> result) {
                              started->emplace(std::move(result));
                            });
      const auto patience = std::chrono::milliseconds(simulation.random().below(300));
      simulation.run_until([&] { return started->has_value(); },
                           round == 0 ? patience : std::chrono::milliseconds(60'000));
      if (*started) {
        ASSERT_TRUE(**started) << to_string((*started)->error());
        EXPECT_GT(life.quorum->term(), last_term);
        last_term = life.quorum->term();
        for (const auto& [offset, text] : client->acked) {
          ASSERT_TRUE(life.machine.entries.contains(offset)) << offset.value();
          EXPECT_EQ(life.machine.entries.at(offset), text);
        }
        env::TaskGroup* group = new env::TaskGroup(life.environment.control_core());
        group->spawn("client", keep_appending(*life.quorum, last_term, client));
        group->spawn("client", keep_appending(*life.quorum, last_term, client));
        simulation.run_for(std::chrono::milliseconds(simulation.random().below(400)));
        if (simulation.random().chance(0.3))
          node.kill();
        else
          node.power_cut();
        delete group;
      } else {
        node.power_cut();
      }
    }
    acked += client->acked.size();
    for (const auto& [what, times] : simulation.counts()) counts[what] += times;
  }
  fmt::print("{} entries acknowledged\n{}", acked, sim::describe(counts));
  EXPECT_GT(acked, 1000u);
  EXPECT_GT(counts["power_cut.torn_file"], 0u);
  EXPECT_GT(counts["node.power_cut"], 0u);
}

}  // namespace
}  // namespace ropewalk::quorum
