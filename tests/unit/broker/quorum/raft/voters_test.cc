// Who votes: changes one at a time, and those who only observe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/quorum/raft/replicas.h"

namespace ropewalk::quorum {
namespace {

using ::testing::ElementsAre;

Errc refusal(const Result<Offset>& outcome) { return outcome ? Errc::none : outcome.error().code; }

TEST(RaftVoters, ObserverFetchesWhatIsCommitted) {
  Replicas nodes(3);
  nodes.elect(1);
  ASSERT_TRUE(nodes.at(1).propose(value("a")));
  nodes.add_observer(4);  // Knows nobody.
  nodes.tick_all(kHeartbeat);
  EXPECT_THAT(nodes.texts(4), ElementsAre("a"));
  EXPECT_EQ(nodes.at(4).leader(), key(1));
  EXPECT_EQ(nodes.at(4).voters(), nodes.at(1).voters());
  ASSERT_TRUE(nodes.at(1).propose(value("b")));
  nodes.settle();
  EXPECT_THAT(nodes.texts(4), ElementsAre("a", "b"));  // Without waiting for a heartbeat.
}

TEST(RaftVoters, ObserverFindsTheNextLeader) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.add_observer(4, voters({1, 2, 3}));
  nodes.tick_all(kHeartbeat);
  nodes.stop(1);
  nodes.elect(3);
  ASSERT_TRUE(nodes.at(3).propose(value("b")));
  nodes.tick_all(kElection * 4);
  EXPECT_EQ(nodes.at(4).leader(), key(3));
  EXPECT_THAT(nodes.texts(4), ElementsAre("b"));
  EXPECT_NE(nodes.at(4).role(), Role::leader);
}

TEST(RaftVoters, ObserverCutsWhatTheLeaderDoesNotHave) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.add_observer(4, voters({1, 2, 3}));
  nodes.disk(4).log.push_back(entry(2, 1, "other"));
  nodes.disk(4).log.push_back(entry(3, 1, "other"));
  nodes.start(4);
  nodes.tick_all(kHeartbeat * 2);
  EXPECT_EQ(nodes.terms(4), nodes.terms(1));
}

TEST(RaftVoters, ClusterOfOneGrowsToThree) {
  Replicas nodes(1);
  nodes.tick(1);
  nodes.settle();
  ASSERT_TRUE(nodes.at(1).propose(value("a")));
  for (const int id : {2, 3}) {
    nodes.add_observer(id, id == 2 ? Voters{} : voters({1}));
    EXPECT_EQ(refusal(nodes.at(1).change_voters(id == 2 ? voters({1, 2}) : voters({1, 2, 3}))),
              Errc::not_enough_replicas);
    nodes.tick_all(kHeartbeat * 2);
    ASSERT_TRUE(nodes.at(1).change_voters(id == 2 ? voters({1, 2}) : voters({1, 2, 3})));
    nodes.settle();
    EXPECT_TRUE(nodes.at(id).is_voter());
  }
  nodes.tick_all(kHeartbeat);
  nodes.stop(1);
  nodes.elect(3);
  EXPECT_THAT(nodes.texts(3), ElementsAre("a"));
}

// Counted in the new list: with two voters, one alone decides nothing.
TEST(RaftVoters, ChangeIsCommittedByTheNewVoters) {
  Replicas nodes(1);
  nodes.tick(1);
  nodes.settle();
  nodes.add_observer(2, voters({1}));
  nodes.tick_all(kHeartbeat);
  nodes.isolate(2);
  const Offset index = *nodes.at(1).change_voters(voters({1, 2}));
  nodes.settle();
  EXPECT_LT(nodes.at(1).commit(), index);
  nodes.heal();
  nodes.tick_all(kHeartbeat);
  EXPECT_GE(nodes.at(1).commit(), index);
}

TEST(RaftVoters, AdditionThatFellBehindIsRefused) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.add_observer(4, voters({1, 2, 3}));
  nodes.tick_all(kHeartbeat);
  nodes.isolate(4);
  nodes.tick_all(kElection);
  EXPECT_EQ(refusal(nodes.at(1).change_voters(voters({1, 2, 3, 4}))), Errc::not_enough_replicas);
}

TEST(RaftVoters, ChangesWaitForTheFirstEntryOfTheTerm) {
  Replicas nodes(3);
  nodes.forget_leader();
  nodes.campaign(1);
  while (nodes.at(1).role() != Role::leader)
    for (const int id : {1, 2, 3})
      for (const Message& message : nodes.carry_out(id))
        if (!std::holds_alternative<AppendRequest>(message.body))
          nodes.step(message.to.id.value(), message);
  EXPECT_EQ(refusal(nodes.at(1).change_voters(voters({1, 2}))), Errc::not_controller);
  nodes.tick_all(kHeartbeat);
  EXPECT_TRUE(nodes.at(1).change_voters(voters({1, 2})));
}

TEST(RaftVoters, OneChangeAtATime) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  ASSERT_TRUE(nodes.at(1).change_voters(voters({1, 2})));
  EXPECT_EQ(refusal(nodes.at(1).change_voters(voters({1}))), Errc::budget_exceeded);
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  EXPECT_TRUE(nodes.at(1).change_voters(voters({1})));
}

// {1, 2} of {1, 2, 3} and {1', 3} of {1', 2, 3} could both decide.
TEST(RaftVoters, ReplacingInOneStepIsRefused) {
  Replicas nodes(3);
  nodes.elect(2);
  Voters replaced = voters({1, 2, 3});
  replaced[0].directory = key(9).directory;
  EXPECT_EQ(refusal(nodes.at(2).change_voters(replaced)), Errc::invalid_request);
  EXPECT_EQ(refusal(nodes.at(2).change_voters(voters({2}))), Errc::invalid_request);
  EXPECT_EQ(refusal(nodes.at(2).change_voters({})), Errc::invalid_request);
  EXPECT_EQ(refusal(nodes.at(2).change_voters(voters({1, 2, 3, 3}))), Errc::invalid_request);
  EXPECT_EQ(refusal(nodes.at(1).change_voters(voters({1, 2}))), Errc::not_controller);
}

TEST(RaftVoters, NewEndpointIsAChangeToo) {
  Replicas nodes(3);
  nodes.elect(2);
  Voters moved = voters({1, 2, 3});
  moved[0].endpoint.port = 4711;
  ASSERT_TRUE(nodes.at(2).change_voters(moved));
  nodes.settle();
  EXPECT_EQ(nodes.at(3).voters(), moved);
}

TEST(RaftVoters, RemovedLeaderHandsOver) {
  Replicas nodes(3);
  nodes.elect(1);
  ASSERT_TRUE(nodes.at(1).change_voters(voters({2, 3})));
  nodes.settle();
  nodes.tick_all(kElection * 3);
  EXPECT_NE(nodes.at(1).role(), Role::leader);
  EXPECT_TRUE(nodes.at(2).role() == Role::leader || nodes.at(3).role() == Role::leader);
  EXPECT_FALSE(nodes.at(1).is_voter());
}

// It was away when it was removed: it does not disturb, and learns what happened.
TEST(RaftVoters, RemovedFollowerComesToObserve) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(3);
  ASSERT_TRUE(nodes.at(1).change_voters(voters({1, 2})));
  nodes.settle();
  nodes.tick_all(kElection * 2);
  const Term term = nodes.at(1).term();
  nodes.heal();
  nodes.tick_all(kElection * 6);
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
  EXPECT_EQ(nodes.at(1).term(), term);
  EXPECT_FALSE(nodes.at(3).is_voter());
  EXPECT_EQ(nodes.at(3).commit(), nodes.at(1).commit());
}

// A change that was cut away does not count.
TEST(RaftVoters, ListFallsBackWithTheLog) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  ASSERT_TRUE(nodes.at(1).change_voters(voters({1, 2})));
  nodes.settle();
  EXPECT_EQ(nodes.at(1).voters().size(), 2u);
  nodes.tick(1, kElection + 1);
  nodes.elect(2);
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  EXPECT_EQ(nodes.at(1).voters().size(), 3u);
}

// A voter that lost its disk is another replica: its answers do not stand for the old one's.
TEST(RaftVoters, NewDirectoryIsAnotherReplica) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  const Offset index = *nodes.at(1).propose(value("a"));
  nodes.carry_out(1);
  ReplicaKey back = key(2);
  back.directory = key(9).directory;
  nodes.step(1, {back, key(1), nodes.at(1).term(), AppendReply{.index = index}});
  nodes.step(1, {back, key(1), nodes.at(1).term(),
                 Fetch{.end = nodes.at(1).log_end(), .commit = Offset(0)}});
  EXPECT_LT(nodes.at(1).commit(), index);
  EXPECT_THAT(nodes.at(1).observers(), ElementsAre(back));
}

}  // namespace
}  // namespace ropewalk::quorum
