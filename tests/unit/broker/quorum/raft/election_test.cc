// Who is elected, who votes, and what an election must not disturb.
#include <gtest/gtest.h>

#include "tests/unit/broker/quorum/raft/replicas.h"

namespace ropewalk::quorum {
namespace {

Message vote_request(int from, int to, int term, LogEnd end, bool pre = false) {
  return {key(from), key(to), Term(term), VoteRequest{.pre = pre, .end = end}};
}

std::vector<bool> grants(const std::vector<Message>& messages) {
  std::vector<bool> grants;
  for (const auto& [message, reply] : of_kind<VoteReply>(messages)) grants.push_back(reply.granted);
  return grants;
}

TEST(RaftElection, FirstWhoAsksLeadsAndTheOthersFollow) {
  Replicas nodes(3);
  nodes.elect(2);
  EXPECT_EQ(nodes.at(2).term(), Term(2));
  EXPECT_TRUE(nodes.at(2).in_office());
  for (const int id : {1, 3}) {
    EXPECT_EQ(nodes.at(id).role(), Role::follower);
    EXPECT_EQ(nodes.at(id).leader(), key(2));
  }
}

TEST(RaftElection, WhoIsAloneLeadsAtTheFirstTick) {
  Replicas nodes(1);
  nodes.tick(1);
  nodes.settle();
  EXPECT_TRUE(nodes.at(1).in_office());
  EXPECT_EQ(nodes.at(1).commit(), Offset(2));
}

TEST(RaftElection, NobodyIsElectedWithoutAMajority) {
  Replicas nodes(3);
  nodes.isolate(1);
  nodes.tick_all(kElection * 2);
  EXPECT_EQ(nodes.at(1).role(), Role::pre_candidate);
  EXPECT_EQ(nodes.at(1).term(), Term(1));
}

// Invariant 6.
TEST(RaftElection, PreVoteChangesNothingWhereItArrives) {
  Replicas nodes(3);
  nodes.step(2, vote_request(1, 2, 9, nodes.at(2).log_end(), true));
  ASSERT_TRUE(nodes.at(2).has_ready());
  const Ready ready = nodes.at(2).ready();
  EXPECT_FALSE(ready.hard.has_value());
  EXPECT_EQ(grants(ready.messages), std::vector{true});
  EXPECT_EQ(ready.messages.front().term, Term(9));
  EXPECT_EQ(nodes.at(2).term(), Term(1));
}

TEST(RaftElection, PreVoteIsRefusedWhileALeaderIsHeard) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.step(2, vote_request(3, 2, 7, {Offset(100), Term(2)}, true));
  const auto sent = nodes.carry_out(2);
  EXPECT_EQ(grants(sent), std::vector{false});
  EXPECT_EQ(sent.front().term, Term(2));  // The real term.
}

// Who comes back from a long absence with a high term must not end a leader's term.
TEST(RaftElection, VoteOfALaterTermIsIgnoredWhileALeaderIsHeard) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.step(2, vote_request(3, 2, 7, {Offset(100), Term(6)}));
  EXPECT_TRUE(nodes.carry_out(2).empty());
  EXPECT_EQ(nodes.at(2).term(), Term(2));
}

// The longer log is at the lower term, the shorter one at the higher: whoever asks is refused, and
// only the real term in the refusal lets the right one go on.
TEST(RaftElection, PreVoteDeadlockIsBrokenByTheRealTerm) {
  Replicas nodes(3);
  nodes.stop(3);
  nodes.disk(1).log = {nodes.disk(1).log[0], entry(2, 2), entry(3, 2)};
  nodes.disk(1).hard.term = Term(2);
  nodes.disk(2).hard.term = Term(6);
  nodes.start(1);
  nodes.start(2);
  nodes.tick_all(kElection * 6);
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
  EXPECT_GT(nodes.at(1).term(), Term(6));
  EXPECT_EQ(nodes.terms(2).size(), 4u);
}

TEST(RaftElection, WhoLacksEntriesGetsNoVote) {
  Replicas nodes(3);
  nodes.disk(2).log.push_back(entry(2, 2));
  nodes.disk(2).hard.term = Term(2);
  nodes.start(2);
  for (const LogEnd end : {LogEnd{Offset(1), Term(1)}, LogEnd{Offset(50), Term(1)}}) {
    nodes.step(2, vote_request(1, 2, 5, end));
    EXPECT_EQ(grants(nodes.carry_out(2)), std::vector{false});
  }
  nodes.step(2, vote_request(1, 2, 5, {Offset(2), Term(2)}));
  EXPECT_EQ(grants(nodes.carry_out(2)), std::vector{true});
}

// At five nodes: votes, crashes, and is asked by another candidate of the same term.
TEST(RaftElection, VoteIsRememberedOverACrash) {
  Replicas nodes(5);
  const LogEnd end = nodes.at(3).log_end();
  nodes.step(3, vote_request(1, 3, 2, end));
  EXPECT_EQ(grants(nodes.carry_out(3)), std::vector{true});
  nodes.stop(3);
  nodes.start(3);
  nodes.step(3, vote_request(2, 3, 2, end));
  EXPECT_EQ(grants(nodes.carry_out(3)), std::vector{false});
  nodes.step(3, vote_request(1, 3, 2, end));  // The first one asks again.
  EXPECT_EQ(grants(nodes.carry_out(3)), std::vector{true});
}

TEST(RaftElection, OneVoteATerm) {
  Replicas nodes(5);
  const LogEnd end = nodes.at(3).log_end();
  nodes.step(3, vote_request(1, 3, 2, end));
  nodes.step(3, vote_request(2, 3, 2, end));
  EXPECT_EQ(grants(nodes.carry_out(3)), (std::vector{true, false}));
}

TEST(RaftElection, TermAndVoteAreInTheReadyThatCarriesTheReply) {
  Replicas nodes(3);
  nodes.step(2, vote_request(1, 2, 4, nodes.at(2).log_end()));
  const Ready ready = nodes.at(2).ready();
  ASSERT_TRUE(ready.hard.has_value());
  EXPECT_EQ(ready.hard->term, Term(4));
  EXPECT_EQ(ready.hard->voted_for, BrokerId(1));
  EXPECT_EQ(grants(ready.messages), std::vector{true});
}

// Invariant 6: the sender of an earlier term always gets an answer.
TEST(RaftElection, SendersOfEarlierTermsLearnTheRealOne) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.elect(2);
  const Term term = nodes.at(2).term();
  const std::vector<Body> bodies = {VoteRequest{.pre = true, .end = {Offset(9), Term(1)}},
                                    VoteRequest{.end = {Offset(9), Term(1)}},
                                    AppendRequest{.prev = {Offset(1), Term(1)}},
                                    SnapshotOffer{.end = {Offset(9), Term(1)}}};
  for (const Body& body : bodies) {
    nodes.step(3, {key(1), key(3), Term(1), body});
    const auto sent = nodes.carry_out(3);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent.front().term, term);
    EXPECT_EQ(sent.front().to, key(1));
  }
}

// Invariant 7.
TEST(RaftElection, LeaderWithoutAMajorityStepsDownWithinOneTimeout) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  nodes.tick(1, kElection - 1);
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
  nodes.tick(1, 1);
  EXPECT_NE(nodes.at(1).role(), Role::leader);
}

TEST(RaftElection, LeaderThatHearsOneOfTwoGoesOn) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(3);
  nodes.tick_all(kElection * 3);
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
}

TEST(RaftElection, DeadHostOfTheLeaderIsNotWaitedFor) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.stop(1);
  nodes.at(2).peer_down(BrokerId(1));
  nodes.at(3).peer_down(BrokerId(1));
  nodes.tick_all(5);
  EXPECT_TRUE(nodes.at(2).role() == Role::leader || nodes.at(3).role() == Role::leader);
}

// Two that ask in the same moment would each vote for itself, and wait.
TEST(RaftElection, WhoLosesTheLeaderTogetherTakesTurns) {
  Replicas nodes(5);
  nodes.elect(3);
  nodes.stop(3);
  for (const int other : {1, 2, 4, 5}) {
    nodes.set_patience(other, 0);
    nodes.at(other).peer_down(BrokerId(3));
  }
  nodes.tick_all(1);
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
  nodes.stop(1);
  for (const int other : {2, 4, 5}) nodes.at(other).peer_down(BrokerId(1));
  nodes.tick_all(5);
  EXPECT_EQ(nodes.at(2).role(), Role::leader) << "the second one's turn is not far";
}

// Who alone believes that the leader is dead changes nothing.
TEST(RaftElection, OneWhoLostTheLeaderDoesNotUnseatIt) {
  Replicas nodes(3);
  nodes.elect(1);
  const Term term = nodes.at(1).term();
  nodes.at(2).peer_down(BrokerId(1));
  nodes.tick_all(kElection);
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
  EXPECT_EQ(nodes.at(1).term(), term);
  EXPECT_EQ(nodes.at(2).leader(), key(1));
}

TEST(RaftElection, AnswersOfAnotherDirectoryDoNotCount) {
  Replicas nodes(3);
  nodes.set_patience(1, 0);
  nodes.campaign(1);
  ReplicaKey other = key(2);
  other.directory = key(9).directory;
  nodes.carry_out(1);
  nodes.step(1, {other, key(1), Term(2), VoteReply{.pre = true, .granted = true}});
  EXPECT_EQ(nodes.at(1).role(), Role::pre_candidate);
  // And what is sent to a directory that is gone is not for this one.
  ReplicaKey gone = key(2);
  gone.directory = key(9).directory;
  nodes.step(2, {key(1), gone, Term(2), VoteRequest{.end = nodes.at(2).log_end()}});
  EXPECT_TRUE(nodes.carry_out(2).empty());
}

TEST(RaftElection, TransferTakesNoTimeout) {
  Replicas nodes(3);
  nodes.elect(1);
  ASSERT_TRUE(nodes.at(1).propose(value("a")));
  ASSERT_TRUE(nodes.at(1).transfer(BrokerId(3)));
  EXPECT_FALSE(nodes.at(1).propose(value("b")));  // Would fall behind the hand-over.
  nodes.settle();
  EXPECT_EQ(nodes.at(3).role(), Role::leader);
  EXPECT_EQ(nodes.texts(3), std::vector<std::string>{"a"});
}

TEST(RaftElection, TransferToADeadVoterIsGivenUp) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(3);
  ASSERT_TRUE(nodes.at(1).transfer(BrokerId(3)));
  nodes.tick_all(kElection);
  EXPECT_EQ(nodes.at(1).role(), Role::leader);
  EXPECT_TRUE(nodes.at(1).propose(value("a")));
  EXPECT_FALSE(nodes.at(1).transfer(BrokerId(1)));
  EXPECT_FALSE(nodes.at(1).transfer(BrokerId(7)));
}

TEST(RaftElection, ResigningLeaderIsFollowedAtOnce) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.tick_all(kHeartbeat);
  nodes.at(1).resign();
  nodes.settle();
  EXPECT_NE(nodes.at(1).role(), Role::leader);
  EXPECT_TRUE(nodes.at(2).role() == Role::leader || nodes.at(3).role() == Role::leader);
}

}  // namespace
}  // namespace ropewalk::quorum
