// Reads that must see everything which was committed before they were asked.
#include <gtest/gtest.h>

#include "tests/unit/broker/quorum/raft/replicas.h"

namespace ropewalk::quorum {
namespace {

TEST(RaftReads, AreAnsweredAfterARoundOfHeartbeats) {
  Replicas nodes(3);
  nodes.elect(1);
  ASSERT_TRUE(nodes.at(1).propose(value("a")));
  nodes.settle();
  ASSERT_TRUE(nodes.at(1).read_index(7));
  nodes.carry_out(1);
  EXPECT_TRUE(nodes.reads(1).empty());
  ASSERT_TRUE(nodes.at(1).read_index(8));
  nodes.settle();
  // The heartbeats of the first were lost: those of the second came later still.
  ASSERT_EQ(nodes.reads(1).size(), 2u);
  EXPECT_EQ(nodes.reads(1)[0].context, 7u);
  EXPECT_EQ(nodes.reads(1)[1].context, 8u);
  EXPECT_EQ(nodes.reads(1)[1].index, nodes.at(1).commit());
}

TEST(RaftReads, WhoIsAloneAnswersAtOnce) {
  Replicas nodes(1);
  nodes.tick(1);
  nodes.settle();
  ASSERT_TRUE(nodes.at(1).read_index(7));
  nodes.settle();
  EXPECT_EQ(nodes.reads(1).size(), 1u);
}

// A leader that was deposed without noticing: another has committed since.
TEST(RaftReads, DeposedLeaderAnswersNone) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  nodes.stop(1);
  nodes.elect(2);
  ASSERT_TRUE(nodes.at(2).propose(value("new")));
  nodes.settle();
  nodes.start(1);
  // Its last life, as it would have gone on.
  Replicas old(3);
  old.elect(1);
  ASSERT_TRUE(old.at(1).read_index(1));
  for (const Message& message : old.carry_out(1))
    if (message.to == key(2)) nodes.step(2, message);
  for (const Message& message : nodes.carry_out(2))
    if (message.to == key(1)) old.step(1, message);
  old.carry_out(1);
  EXPECT_TRUE(old.reads(1).empty());
  EXPECT_NE(old.at(1).role(), Role::leader);
}

// Heartbeats that were under way before the question prove nothing about it.
TEST(RaftReads, EarlierRoundsDoNotCount) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.settle();
  nodes.tick(1, kHeartbeat);
  std::vector<Message> answers;
  for (const Message& message : nodes.carry_out(1)) {
    const int to = message.to.id.value();
    nodes.step(to, message);
    for (const Message& answer : nodes.carry_out(to)) answers.push_back(answer);
  }
  ASSERT_FALSE(answers.empty());
  ASSERT_TRUE(nodes.at(1).read_index(1));
  nodes.carry_out(1);  // Its own round is lost.
  for (const Message& answer : answers) nodes.step(1, answer);
  nodes.carry_out(1);
  EXPECT_TRUE(nodes.reads(1).empty());
}

// Invariant 8: a new leader does not know what is committed before its own entry is.
TEST(RaftReads, WaitForTheFirstEntryOfTheTerm) {
  Replicas nodes(3);
  nodes.elect(1);
  ASSERT_TRUE(nodes.at(1).propose(value("a")));
  nodes.settle();
  const Offset committed = nodes.at(1).commit();
  nodes.forget_leader();
  nodes.campaign(2);
  while (nodes.at(2).role() != Role::leader) {
    for (const int id : {1, 2, 3})
      for (const Message& message : nodes.carry_out(id))
        if (!std::holds_alternative<AppendRequest>(message.body))
          nodes.step(message.to.id.value(), message);
  }
  EXPECT_FALSE(nodes.at(2).in_office());
  ASSERT_TRUE(nodes.at(2).read_index(5));
  nodes.carry_out(2);
  EXPECT_TRUE(nodes.reads(2).empty());
  nodes.tick_all(kHeartbeat);
  ASSERT_EQ(nodes.reads(2).size(), 1u);
  EXPECT_GE(nodes.reads(2)[0].index, committed + 1);
}

TEST(RaftReads, AreForgottenWithTheLeadership) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  ASSERT_TRUE(nodes.at(1).read_index(1));
  nodes.tick(1, kElection + 1);
  EXPECT_NE(nodes.at(1).role(), Role::leader);
  EXPECT_FALSE(nodes.at(1).read_index(2));
  nodes.heal();
  nodes.tick_all(kElection * 3);
  EXPECT_TRUE(nodes.reads(1).empty());
}

}  // namespace
}  // namespace ropewalk::quorum
