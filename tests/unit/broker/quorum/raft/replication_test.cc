// What is appended, acknowledged, committed and cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/quorum/raft/replicas.h"

namespace ropewalk::quorum {
namespace {

using ::testing::ElementsAre;

Message append(int from, int to, int term, LogEnd prev, std::vector<Entry> entries,
               std::int64_t commit = 0) {
  AppendRequest request{.prev = prev, .commit = Offset(commit)};
  request.entries = std::move(entries);
  return {key(from), key(to), Term(term), std::move(request)};
}

std::vector<AppendReply> replies(const std::vector<Message>& messages) {
  std::vector<AppendReply> replies;
  for (const auto& [message, reply] : of_kind<AppendReply>(messages)) replies.push_back(reply);
  return replies;
}

TEST(RaftReplication, CommittedEntriesAreAppliedOnceAndInOrderEverywhere) {
  Replicas nodes(3);
  nodes.elect(1);
  for (const char* text : {"a", "b", "c"}) ASSERT_TRUE(nodes.at(1).propose(value(text)));
  nodes.settle();
  for (const int id : {1, 2, 3}) {
    EXPECT_THAT(nodes.texts(id), ElementsAre("a", "b", "c"));
    for (std::size_t i = 0; i < nodes.applied(id).size(); i++)
      EXPECT_EQ(nodes.applied(id)[i].index, Offset(static_cast<std::int64_t>(i) + 1));
  }
}

// Raft paper, figure 7: whatever a follower has, it ends with the leader's log.
TEST(RaftReplication, FollowersOfEveryShapeConverge) {
  const auto leader = entries_of_terms({1, 1, 1, 4, 4, 5, 5, 6, 6, 6});
  const std::vector<std::vector<Entry>> followers = {
      entries_of_terms({1, 1, 1, 4, 4, 5, 5, 6, 6}),
      entries_of_terms({1, 1, 1, 4}),
      entries_of_terms({1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}),
      entries_of_terms({1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}),
      entries_of_terms({1, 1, 1, 4, 4, 4, 4}),
      entries_of_terms({1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3})};
  for (const auto& follower : followers) {
    Replicas nodes(3);
    const Entry list = nodes.disk(1).log.front();
    for (const int id : {1, 2, 3}) {
      nodes.disk(id).log = id == 2 ? follower : leader;
      nodes.disk(id).log.front() = list;
      nodes.disk(id).hard.term = Term(7);
      nodes.start(id);
    }
    nodes.elect(1);
    EXPECT_EQ(nodes.at(1).term(), Term(8));
    EXPECT_EQ(nodes.terms(2), nodes.terms(1));
    nodes.tick_all(kHeartbeat);
    EXPECT_EQ(nodes.at(2).commit(), Offset(11));
  }
}

// Raft paper, figure 8: an entry of an earlier term on a majority is not committed yet, since
// another leader may still replace it.
TEST(RaftReplication, EntriesOfEarlierTermsAreNotCommittedByCounting) {
  Replicas nodes(5, [](RaftConfig& config) { config.message_entries_max = 1; });
  const auto terms = [&](int id, int term, std::initializer_list<int> log) {
    const Entry list = nodes.disk(id).log.front();
    nodes.disk(id).log = entries_of_terms(log);
    nodes.disk(id).log.front() = list;
    nodes.disk(id).hard.term = Term(term);
    nodes.start(id);
  };
  terms(1, 3, {1, 2});
  terms(2, 3, {1, 2});
  terms(3, 3, {1});
  terms(4, 3, {1});
  terms(5, 3, {1, 3});
  // S1 leads again, in term 4, with the votes of S2 and S3; its entry of term 2 reaches S3, its
  // own of term 4 reaches nobody.
  nodes.isolate(5);
  nodes.isolate(4);
  nodes.set_patience(1, 0);
  nodes.campaign(1);
  for (int round = 0; round < 12 && nodes.terms(3).size() < 2; round++) {
    for (const int id : {1, 2, 3})
      for (Message message : nodes.carry_out(id)) {
        auto* request = std::get_if<AppendRequest>(&message.body);
        if (request)
          std::erase_if(request->entries, [](const Entry& sent) { return sent.term == Term(4); });
        if (message.to.id <= BrokerId(3)) nodes.step(message.to.id.value(), message);
      }
  }
  ASSERT_EQ(nodes.at(1).role(), Role::leader);
  ASSERT_THAT(nodes.terms(3), ElementsAre(1, 2));
  for (const Message& message : nodes.carry_out(3))
    if (message.to == key(1)) nodes.step(1, message);
  nodes.carry_out(1);
  EXPECT_LT(nodes.at(1).commit(), Offset(2));
  // S1 dies; S5 is elected by S3 and S4 and replaces the entry.
  nodes.stop(1);
  nodes.heal();
  nodes.elect(5);
  EXPECT_EQ(nodes.terms(3)[1], 3);
  EXPECT_EQ(nodes.terms(2)[1], 3);
}

TEST(RaftReplication, LogsMustMatchBeforeAnythingIsTaken) {
  Replicas nodes(3);
  nodes.disk(2).log = {nodes.disk(2).log[0], entry(2, 2), entry(3, 2)};
  nodes.disk(2).hard.term = Term(3);
  nodes.start(2);
  // Entry 3 has another term in the leader's log.
  nodes.step(2, append(1, 2, 4, {Offset(3), Term(3)}, {entry(4, 4)}));
  auto answers = replies(nodes.carry_out(2));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].rejected);
  EXPECT_EQ(answers[0].index, Offset(3));
  EXPECT_EQ(answers[0].hint, (LogEnd{Offset(2), Term(2)}));
  // And this one is far ahead.
  nodes.step(2, append(1, 2, 4, {Offset(9), Term(3)}, {entry(10, 4)}));
  answers = replies(nodes.carry_out(2));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].rejected);
  EXPECT_EQ(answers[0].hint, (LogEnd{Offset(3), Term(2)}));
  EXPECT_THAT(nodes.terms(2), ElementsAre(1, 2, 2));
}

// Invariant 2: a longer log behind what the request proved is not acknowledged.
TEST(RaftReplication, OnlyWhatTheRequestProvedIsAcknowledged) {
  Replicas nodes(3);
  nodes.disk(2).log = {nodes.disk(2).log[0], entry(2, 2), entry(3, 2), entry(4, 2)};
  nodes.disk(2).hard.term = Term(3);
  nodes.start(2);
  nodes.step(2, append(1, 2, 4, {Offset(2), Term(2)}, {}, 4));
  const auto answers = replies(nodes.carry_out(2));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].index, Offset(2));
  EXPECT_EQ(nodes.at(2).commit(), Offset(2));
}

TEST(RaftReplication, AcknowledgementsLeaveWithTheEntriesTheyName) {
  Replicas nodes(3);
  nodes.step(2, append(1, 2, 2, {Offset(1), Term(1)}, {entry(2, 2)}));
  const Ready ready = nodes.at(2).ready();
  ASSERT_EQ(ready.entries.size(), 1u);
  EXPECT_EQ(replies(ready.messages).at(0).index, Offset(2));
}

// A late, shorter request proves less, and takes nothing away.
TEST(RaftReplication, OvertakenRequestsCutNothing) {
  Replicas nodes(3);
  const LogEnd first{Offset(1), Term(1)};
  nodes.step(2, append(1, 2, 2, first, {entry(2, 2), entry(3, 2), entry(4, 2)}, 3));
  nodes.carry_out(2);
  nodes.step(2, append(1, 2, 2, first, {entry(2, 2)}, 1));
  nodes.step(2, append(1, 2, 2, {Offset(3), Term(2)}, {}, 1));
  EXPECT_THAT(nodes.terms(2), ElementsAre(1, 2, 2, 2));
  const auto answers = replies(nodes.carry_out(2));
  EXPECT_EQ(nodes.at(2).log_end().index, Offset(4));
  EXPECT_EQ(nodes.at(2).commit(), Offset(3));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].index, Offset(3));  // The larger of proven and committed.
}

TEST(RaftReplication, CommittedEntriesAreNeverReplaced) {
  Replicas nodes(3);
  nodes.step(2, append(1, 2, 2, {Offset(1), Term(1)}, {entry(2, 2), entry(3, 2)}, 3));
  nodes.carry_out(2);
  const Message other = append(3, 2, 3, {Offset(1), Term(1)}, {entry(2, 3)}, 1);
  EXPECT_DEATH(nodes.step(2, other), "which is committed");
}

TEST(RaftReplication, IsolatedLeaderKeepsNothingOfWhatItWrote) {
  Replicas nodes(3);
  nodes.elect(1);
  ASSERT_TRUE(nodes.at(1).propose(value("kept")));
  nodes.settle();
  nodes.isolate(1);
  for (const char* text : {"x", "y", "z"}) ASSERT_TRUE(nodes.at(1).propose(value(text)));
  nodes.settle();
  nodes.tick(1, kElection + 1);
  EXPECT_FALSE(nodes.at(1).propose(value("late")));
  nodes.elect(2);
  ASSERT_TRUE(nodes.at(2).propose(value("new")));
  nodes.settle();
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  for (const int id : {1, 2, 3}) EXPECT_THAT(nodes.texts(id), ElementsAre("kept", "new"));
  EXPECT_EQ(nodes.terms(1), nodes.terms(2));
}

TEST(RaftReplication, OwnEntriesCountOnceTheyAreDurable) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(3);
  const Offset index = *nodes.at(1).propose(value("a"));
  const Ready ready = nodes.at(1).ready();  // The disk is slow.
  for (const Message& message : ready.messages)
    if (message.to == key(2)) nodes.step(2, message);
  for (const Message& message : nodes.carry_out(2)) nodes.step(1, message);
  EXPECT_LT(nodes.at(1).commit(), index);
  nodes.at(1).advance();
  EXPECT_EQ(nodes.at(1).commit(), index);
}

TEST(RaftReplication, AnswersOfAnEarlierTermDoNotCount) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  nodes.elect(2);
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  nodes.elect(1);
  nodes.isolate(1);
  const Offset index = *nodes.at(1).propose(value("a"));
  nodes.carry_out(1);
  nodes.step(1, {key(2), key(1), Term(2), AppendReply{.index = index}});
  EXPECT_LT(nodes.at(1).commit(), index);
  nodes.step(1, {key(2), key(1), nodes.at(1).term(), AppendReply{.index = index}});
  EXPECT_EQ(nodes.at(1).commit(), index);
}

TEST(RaftReplication, NobodyHasMoreThanItsLeader) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  nodes.step(1, {key(2), key(1), nodes.at(1).term(), AppendReply{.index = Offset(1000)}});
  EXPECT_EQ(nodes.at(1).standing(key(2))->match, Offset(2));
}

TEST(RaftReplication, LostRequestsAreSentAgain) {
  Replicas nodes(3);
  nodes.elect(1);
  nodes.isolate(1);
  for (const char* text : {"a", "b"}) ASSERT_TRUE(nodes.at(1).propose(value(text)));
  nodes.settle();
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  EXPECT_THAT(nodes.texts(3), ElementsAre("a", "b"));
}

TEST(RaftReplication, RequestsAndWhatIsInFlightAreBounded) {
  Replicas nodes(3, [](RaftConfig& config) {
    config.message_bytes_max = 1000;
    config.in_flight_max = 3;
    config.entry_bytes_max = 5000;
    config.uncommitted_bytes_max = 20'000;
  });
  nodes.elect(1);
  nodes.cut(2, 1);
  nodes.cut(3, 1);
  ASSERT_TRUE(nodes.at(1).propose(value(std::string(4000, 'x'))));  // One entry always goes.
  std::size_t requests = 0;
  for (int i = 0; i < 20; i++) {
    ASSERT_TRUE(nodes.at(1).propose(value(std::string(400, 'x'))));
    for (const auto& [message, request] : of_kind<AppendRequest>(nodes.carry_out(1))) {
      std::size_t bytes = 0;
      for (const Entry& sent : request.entries) bytes += sent.batch.size();
      EXPECT_TRUE(bytes <= 1000 || request.entries.size() == 1);
      if (message.to == key(2)) requests++;
    }
  }
  EXPECT_EQ(requests, 3u);
  EXPECT_EQ(nodes.at(1).propose(value(std::string(6000, 'x'))).error().code,
            Errc::message_too_large);
  while (nodes.at(1).propose(value(std::string(400, 'x')))) {
  }
  EXPECT_EQ(nodes.at(1).propose(value(std::string(400, 'x'))).error().code, Errc::budget_exceeded);
  nodes.heal();
  nodes.tick_all(kHeartbeat * 2);
  EXPECT_TRUE(nodes.at(1).propose(value("room again")));
}

TEST(RaftReplication, RestartGoesOnFromTheDisk) {
  Replicas nodes(3);
  nodes.elect(1);
  ASSERT_TRUE(nodes.at(1).propose(value("a")));
  nodes.settle();
  for (const int id : {1, 2, 3}) nodes.stop(id);
  for (const int id : {1, 2, 3}) nodes.start(id);
  nodes.elect(3);
  nodes.settle();
  for (const int id : {1, 2, 3}) EXPECT_THAT(nodes.texts(id), ElementsAre("a"));
}

TEST(RaftMessage, WhatMakesNoSenseIsTold) {
  EXPECT_TRUE(makes_sense(append(1, 2, 3, {Offset(1), Term(1)}, {entry(2, 2), entry(3, 3)})));
  EXPECT_FALSE(makes_sense(append(1, 2, 3, {Offset(1), Term(1)}, {entry(3, 2)})));
  EXPECT_FALSE(makes_sense(append(1, 2, 3, {Offset(1), Term(2)}, {entry(2, 1)})));
  EXPECT_FALSE(makes_sense(append(1, 2, 3, {Offset(1), Term(1)}, {entry(2, 4)})));
  EXPECT_FALSE(makes_sense(append(1, 2, 3, {Offset(0), Term(1)}, {})));
  EXPECT_FALSE(makes_sense(append(1, 2, 3, {Offset(-1), Term(0)}, {})));
  Entry broken = entry(2, 2);
  broken.batch = SharedBytes(std::string("no batch"));
  EXPECT_FALSE(makes_sense(append(1, 2, 3, {Offset(1), Term(1)}, {broken})));
}

// While a disk hangs nothing is carried out, and the others go on talking.
TEST(RaftReplication, WhatIsToBeSaidHasABound) {
  constexpr std::size_t kMax = 50;
  Replicas nodes(3, [](RaftConfig& config) { config.messages_max = kMax; });
  nodes.elect(1);
  for (int i = 0; i < 1000; i++) nodes.step(2, append(1, 2, 2, {Offset(9), Term(2)}, {}));
  EXPECT_EQ(replies(nodes.carry_out(2)).size(), kMax);
  // What was not said comes again.
  ASSERT_TRUE(nodes.at(1).propose(value("after")));
  nodes.settle();
  EXPECT_THAT(nodes.texts(2), ElementsAre("after"));
}

}  // namespace
}  // namespace ropewalk::quorum
