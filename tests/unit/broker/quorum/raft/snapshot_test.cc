// Logs that are shortened, and replicas that need the snapshot instead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/quorum/raft/snapshot_pull.h"
#include "tests/unit/broker/quorum/raft/replicas.h"

namespace ropewalk::quorum {
namespace {

using ::testing::ElementsAre;

SnapshotInfo snapshot_of(Replicas& nodes, int id, std::int64_t index) {
  const LogEnd end{Offset(index), nodes.applied(id)[static_cast<std::size_t>(index - 1)].term};
  return {end, nodes.at(id).voters_at(end.index)};
}

// Broker 3 is away while 1 commits and forgets; returns the snapshot that 3 needs.
SnapshotInfo leave_behind(Replicas& nodes) {
  nodes.elect(1);
  nodes.isolate(3);
  for (const char* text : {"a", "b", "c"}) EXPECT_TRUE(nodes.at(1).propose(value(text)));
  nodes.settle();
  const SnapshotInfo snapshot = snapshot_of(nodes, 1, 4);
  nodes.disk(1).snapshot = snapshot;
  nodes.at(1).compact(snapshot.end.index);
  return snapshot;
}

void keep_nothing(RaftConfig& config) { config.kept_bytes_max = 0; }

TEST(RaftSnapshot, WhoIsTooFarBehindIsOfferedOne) {
  Replicas nodes(3, keep_nothing);
  const SnapshotInfo snapshot = leave_behind(nodes);
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  ASSERT_TRUE(nodes.at(3).offered().has_value());
  EXPECT_EQ(nodes.at(3).offered()->end, snapshot.end);
  EXPECT_EQ(nodes.at(3).offered()->leader, key(1));
  EXPECT_TRUE(nodes.at(3).restore(snapshot));
  EXPECT_FALSE(nodes.at(3).offered().has_value());
  nodes.settle();
  nodes.tick_all(kHeartbeat);
  EXPECT_EQ(nodes.disk(3).snapshot.end, snapshot.end);
  EXPECT_THAT(nodes.texts(3), ElementsAre("c"));  // The others are in the snapshot.
  EXPECT_EQ(nodes.at(3).commit(), nodes.at(1).commit());
  EXPECT_EQ(nodes.at(1).standing(key(3))->match, nodes.at(1).log_end().index);
}

// Or a leader with a bare majority would step down while a large one is being fetched.
TEST(RaftSnapshot, FetchingIsASignOfLife) {
  Replicas nodes(3, keep_nothing);
  leave_behind(nodes);
  nodes.heal();
  nodes.stop(2);
  nodes.tick_all(kElection * 3);
  EXPECT_TRUE(nodes.at(3).offered().has_value());
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
}

TEST(RaftSnapshot, EntriesThatAreStillKeptNeedNone) {
  Replicas nodes(3);
  leave_behind(nodes);
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  EXPECT_FALSE(nodes.at(3).offered().has_value());
  EXPECT_THAT(nodes.texts(3), ElementsAre("a", "b", "c"));
}

// Invariant 5: a snapshot replaces a log only if it is ahead of what is committed.
TEST(RaftSnapshot, OneThatIsOlderThanWhatIsCommittedIsRefused) {
  Replicas nodes(3, keep_nothing);
  nodes.elect(1);
  for (const char* text : {"a", "b", "c"}) ASSERT_TRUE(nodes.at(1).propose(value(text)));
  nodes.settle();
  nodes.tick_all(kHeartbeat);
  const SnapshotInfo older = snapshot_of(nodes, 2, 3);
  const SnapshotInfo newer = snapshot_of(nodes, 2, 5);
  nodes.at(2).compact(newer.end.index);
  const Offset commit = nodes.at(2).commit();
  nodes.step(2, {key(1), key(2), nodes.at(1).term(), SnapshotOffer{older.end}});
  EXPECT_FALSE(nodes.at(2).offered().has_value());
  const auto answers = of_kind<AppendReply>(nodes.carry_out(2));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].second.index, commit);
  EXPECT_FALSE(nodes.at(2).restore(older));
  EXPECT_EQ(nodes.at(2).commit(), commit);
  EXPECT_EQ(nodes.at(2).log_end(), nodes.at(1).log_end());
}

// The entries came after all, before the snapshot was whole.
TEST(RaftSnapshot, OneThatTheLogHasAlreadyOnlyCommits) {
  Replicas nodes(3);
  const SnapshotInfo snapshot = leave_behind(nodes);
  nodes.heal();
  AppendRequest request{.prev = {Offset(2), Term(2)}};
  for (const Entry& sent : nodes.disk(1).log)
    if (sent.index > Offset(2)) request.entries.push_back(sent);
  nodes.step(3, {key(1), key(3), nodes.at(1).term(), request});
  nodes.carry_out(3);
  EXPECT_LT(nodes.at(3).commit(), snapshot.end.index);
  EXPECT_FALSE(nodes.at(3).restore(snapshot));
  EXPECT_EQ(nodes.at(3).commit(), snapshot.end.index);
  nodes.settle();
  EXPECT_EQ(nodes.terms(3), nodes.terms(1));
}

TEST(RaftSnapshot, RestartBeginsWithIt) {
  Replicas nodes(3, keep_nothing);
  leave_behind(nodes);
  nodes.stop(1);
  std::erase_if(nodes.disk(1).log,
                [&](const Entry& old) { return old.index <= nodes.disk(1).snapshot.end.index; });
  nodes.start(1);
  EXPECT_EQ(nodes.at(1).commit(), nodes.disk(1).snapshot.end.index);
  EXPECT_EQ(nodes.at(1).voters().size(), 3u);
  nodes.heal();
  nodes.elect(1);
  EXPECT_TRUE(nodes.at(1).in_office());
}

TEST(RaftSnapshot, ObserverIsOfferedOneToo) {
  Replicas nodes(3, keep_nothing);
  const SnapshotInfo snapshot = leave_behind(nodes);
  nodes.add_observer(4);
  nodes.tick_all(kHeartbeat * 2);
  ASSERT_TRUE(nodes.at(4).offered().has_value());
  EXPECT_TRUE(nodes.at(4).restore(snapshot));
  nodes.settle();
  nodes.tick_all(kHeartbeat);
  EXPECT_EQ(nodes.at(4).commit(), nodes.at(1).commit());
  EXPECT_EQ(nodes.at(4).voters().size(), 3u);
}

SnapshotPull::Piece piece(const LogEnd& end, std::string_view content, std::uint64_t position,
                          std::size_t bytes) {
  return {end, position, content.size(), as_bytes(content.substr(position, bytes))};
}

class SnapshotPullTest : public ::testing::Test {
 protected:
  const LogEnd end_{Offset(7), Term(3)};
  const std::string content_ = "what a state machine wrote";
  SnapshotPull pull_{3, 1000};
};

TEST_F(SnapshotPullTest, AsksPieceByPiece) {
  EXPECT_FALSE(pull_.question().has_value());
  pull_.follow(RaftCore::Offer{key(1), end_});
  std::string got;
  while (got.empty()) {
    const auto question = pull_.question();
    ASSERT_TRUE(question.has_value());
    EXPECT_FALSE(pull_.question().has_value());  // Once.
    auto whole = pull_.take(piece(end_, content_, question->position, 10));
    ASSERT_TRUE(whole.has_value());
    if (*whole) got = **whole;
  }
  EXPECT_EQ(got, content_);
  EXPECT_FALSE(pull_.question().has_value());
}

TEST_F(SnapshotPullTest, LostPieceIsAskedForAgainAndDoubledOnesChangeNothing) {
  pull_.follow(RaftCore::Offer{key(1), end_});
  pull_.question();
  ASSERT_TRUE(pull_.take(piece(end_, content_, 0, 10)));
  EXPECT_EQ(pull_.question()->position, 10u);
  for (int i = 0; i < 3; i++) {
    EXPECT_FALSE(pull_.question().has_value());
    pull_.follow(RaftCore::Offer{key(1), end_});  // The offer is repeated with each heartbeat.
    pull_.tick();
  }
  EXPECT_EQ(pull_.question()->position, 10u);
  ASSERT_TRUE(pull_.take(piece(end_, content_, 0, 10)));  // Late.
  ASSERT_TRUE(pull_.take(piece(end_, content_, 10, 10)));
  ASSERT_TRUE(pull_.take(piece(end_, content_, 10, 10)));  // Doubled.
  EXPECT_EQ(pull_.question()->position, 20u);
  const auto whole = pull_.take(piece(end_, content_, 20, 10));
  EXPECT_EQ(**whole, content_);
}

TEST_F(SnapshotPullTest, AnotherOfferBeginsAnew) {
  pull_.follow(RaftCore::Offer{key(1), end_});
  pull_.question();
  ASSERT_TRUE(pull_.take(piece(end_, content_, 0, 10)));
  pull_.follow(RaftCore::Offer{key(2), end_});
  EXPECT_EQ(pull_.question()->position, 0u);
  pull_.follow(std::nullopt);
  EXPECT_FALSE(pull_.question().has_value());
}

TEST_F(SnapshotPullTest, SnapshotThatIsGoneIsWaitedForInsteadOfAskedFor) {
  pull_.follow(RaftCore::Offer{key(1), end_});
  pull_.question();
  const auto gone = pull_.take({end_, 0, 0, {}});
  ASSERT_TRUE(gone && !*gone);
  EXPECT_FALSE(pull_.question().has_value());
  pull_.follow(RaftCore::Offer{key(1), {Offset(9), Term(3)}});
  EXPECT_EQ(pull_.question()->end.index, Offset(9));
}

TEST_F(SnapshotPullTest, PiecesThatDoNotFitAreErrors) {
  pull_.follow(RaftCore::Offer{key(1), end_});
  pull_.question();
  EXPECT_EQ(pull_.take({end_, 0, 5000, as_bytes("x")}).error().code, Errc::message_too_large);
  EXPECT_EQ(pull_.take({end_, 0, 3, as_bytes("four")}).error().code, Errc::corrupt_message);
  pull_.question();
  ASSERT_TRUE(pull_.take(piece(end_, content_, 0, 10)));
  pull_.question();
  EXPECT_EQ(pull_.take({end_, 10, 999, as_bytes("x")}).error().code, Errc::corrupt_message);
  EXPECT_EQ(pull_.question()->position, 0u);
}

}  // namespace
}  // namespace ropewalk::quorum
