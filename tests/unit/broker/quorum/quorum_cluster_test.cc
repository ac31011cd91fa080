// The metadata log kept by several: leaders come and go, disks are lost, voters change.
#include "tests/unit/broker/quorum/quorum_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::quorum {
namespace {

class QuorumClusterTest : public ::testing::Test {
 protected:
  explicit QuorumClusterTest(std::function<void(QuorumOptions&)> tune = {})
      : cluster_(sim::seed_from_environment(1), std::move(tune)) {}

  void begin(const std::vector<int>& ids) {
    for (const int id : ids) cluster_.format(id, ids);
    for (const int id : ids) start(id);
  }
  void start(int id) {
    auto started = cluster_.start(id);
    ASSERT_TRUE(started) << to_string(started.error());
  }
  void append(int id, const std::string& text) {
    auto appended = cluster_.append(id, text);
    ASSERT_TRUE(appended) << to_string(appended.error());
  }
  void append_many(int id, int first, int end) {
    for (int i = first; i < end; i++) append(id, fmt::format("entry {}", i));
  }
  Voters list(const std::vector<int>& ids) {
    Voters voters;
    for (const int id : ids) voters.push_back(cluster_.voter(id));
    return voters;
  }

  QuorumCluster cluster_;
};

TEST_F(QuorumClusterTest, ThreeApplyTheSame) {
  begin({1, 2, 3});
  append_many(cluster_.wait_for_leader(), 0, 20);
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  EXPECT_EQ(cluster_.machine(1).entries.size(), 20u);
  for (const int id : {1, 2, 3}) {
    EXPECT_EQ(cluster_.machine(id).leader, BrokerId(cluster_.leader()));
    EXPECT_EQ(cluster_.at(id).voters().size(), 3u);
  }
}

TEST_F(QuorumClusterTest, KilledLeaderIsReplacedAndComesBack) {
  begin({1, 2, 3});
  const int first = cluster_.wait_for_leader();
  append_many(first, 0, 5);
  cluster_.kill(first);
  const int second = cluster_.wait_for_leader();
  EXPECT_NE(second, first);
  append_many(second, 5, 10);
  start(first);
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  EXPECT_EQ(cluster_.machine(first).entries.size(), 10u);
}

TEST_F(QuorumClusterTest, StoppedLeaderHandsOver) {
  begin({1, 2, 3});
  const int first = cluster_.wait_for_leader();
  append(first, "a");
  cluster_.run_for(std::chrono::milliseconds(500));
  cluster_.stop(first);
  // Far less than an election time-out.
  EXPECT_TRUE(
      cluster_.run_until([&] { return cluster_.leader() != 0; }, std::chrono::milliseconds(100)));
}

TEST_F(QuorumClusterTest, RefusedHostIsNotWaitedFor) {
  begin({1, 2, 3});
  const int first = cluster_.wait_for_leader();
  cluster_.run_for(std::chrono::seconds(1));
  cluster_.kill(first);
  for (const int id : {1, 2, 3})
    if (id != first) cluster_.at(id).peer_refused(BrokerId(first));
  EXPECT_TRUE(
      cluster_.run_until([&] { return cluster_.leader() != 0; }, std::chrono::milliseconds(300)));
}

TEST_F(QuorumClusterTest, IsolatedLeaderTellsThatItDoesNotKnow) {
  begin({1, 2, 3});
  const int first = cluster_.wait_for_leader();
  cluster_.isolate(first);
  auto appended = cluster_.append(first, "lost");
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, Errc::outcome_unknown);
  EXPECT_EQ(cluster_.machine(first).leader, kNoBroker);
  ASSERT_TRUE(
      cluster_.run_until([&] { return cluster_.leader() != 0 && cluster_.leader() != first; }));
  append(cluster_.leader(), "kept");
  cluster_.heal();
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  ASSERT_EQ(cluster_.machine(first).entries.size(), 1u);
  EXPECT_EQ(cluster_.machine(first).entries.begin()->second, "kept");
}

class QuorumSnapshots : public QuorumClusterTest {
 protected:
  QuorumSnapshots()
      : QuorumClusterTest([](QuorumOptions& options) {
          options.snapshot_after_bytes = 2000;
          options.segment_bytes = 3000;
        }) {}

  // Three with a hundred entries, the older of which only a snapshot has: what is kept in memory
  // beside it is gone when the processes are.
  void begin_with_a_snapshot() {
    begin({1, 2, 3});
    append_many(cluster_.wait_for_leader(), 0, 100);
    cluster_.run_for(std::chrono::seconds(1));
    for (const int id : {1, 2, 3}) cluster_.stop(id);
    for (const int id : {1, 2, 3}) start(id);
  }
};

TEST_F(QuorumSnapshots, WhoJoinsLateFetchesOne) {
  begin_with_a_snapshot();
  cluster_.format(4, {});
  start(4);
  append_many(cluster_.wait_for_leader(), 100, 110);
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  EXPECT_TRUE(cluster_.machine(4).loaded);
  EXPECT_EQ(cluster_.machine(4).entries.size(), 110u);
  // And its next life begins with it.
  cluster_.power_cut(4);
  start(4);
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
}

// A leader that was cut off has more than the snapshot, and nothing of it was ever committed.
TEST_F(QuorumSnapshots, AFetchedOneReplacesALongerLogThatWentAnotherWay) {
  begin({1, 2, 3});
  const int first = cluster_.wait_for_leader();
  cluster_.isolate(first);
  for (int i = 0; i < 40; i++) cluster_.begin_append(first, fmt::format("lost {}", i));
  ASSERT_TRUE(
      cluster_.run_until([&] { return cluster_.leader() != 0 && cluster_.leader() != first; }));
  append(cluster_.leader(), std::string(3000, 'x'));
  cluster_.run_for(std::chrono::seconds(1));
  for (const int id : {1, 2, 3}) {
    if (id == first) continue;
    cluster_.stop(id);
    start(id);
  }
  cluster_.heal();
  ASSERT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  EXPECT_TRUE(cluster_.machine(first).loaded);
  EXPECT_EQ(cluster_.machine(first).entries.size(), 1u);
  cluster_.power_cut(first);
  start(first);
  append(cluster_.wait_for_leader(), "after");
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
}

// What the core takes for saved must come to be, once there is room.
TEST_F(QuorumSnapshots, FullDiskOfWhoFetchesOneIsWaitedFor) {
  begin_with_a_snapshot();
  cluster_.format(4, {});
  const auto capacity = cluster_.disk(4).faults.capacity_bytes;
  cluster_.disk(4).faults.capacity_bytes = cluster_.disk(4).used_bytes() + 1000;
  start(4);
  const int leader = cluster_.wait_for_leader();
  append_many(leader, 100, 103);
  cluster_.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(cluster_.machine(4).entries.empty());
  cluster_.disk(4).faults.capacity_bytes = capacity;
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  EXPECT_EQ(cluster_.machine(4).entries.size(), 103u);
}

// It has heard of the term, but had no entry yet.
TEST_F(QuorumClusterTest, JoinerThatDiesBeforeItsFirstEntryStartsAgain) {
  begin({1, 2, 3});
  const int leader = cluster_.wait_for_leader();
  append(leader, "a");
  cluster_.cut(leader, 4);
  cluster_.format(4, {});
  start(4);
  ASSERT_TRUE(cluster_.run_until([&] { return cluster_.at(4).term() > Term(1); }));
  cluster_.run_for(std::chrono::seconds(1));
  cluster_.power_cut(4);
  start(4);
  EXPECT_TRUE(cluster_.machine(4).entries.empty());
  cluster_.heal();
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  // From then on an empty log is damage.
  cluster_.power_cut(4);
  start(4);
}

TEST_F(QuorumSnapshots, ClusterOfOneGrowsToThreeAndLosesItsFirst) {
  begin({1});
  append_many(1, 0, 50);
  for (const int id : {2, 3}) {
    cluster_.format(id, {});
    start(id);
    Voters next = cluster_.at(1).voters();
    next.push_back(cluster_.voter(id));
    ASSERT_TRUE(cluster_.run_until([&] {
      const auto standing = cluster_.at(1).core().standing(key_of(cluster_.voter(id)));
      return standing && standing->match == cluster_.at(1).core().log_end().index;
    }));
    auto changed = cluster_.change_voters(1, next);
    ASSERT_TRUE(changed) << to_string(changed.error());
  }
  append_many(1, 50, 60);
  cluster_.power_cut(1);
  const int second = cluster_.wait_for_leader();
  append_many(second, 60, 70);
  EXPECT_EQ(cluster_.machine(second).entries.size(), 70u);
}

// Its directory is new, and so it is another replica: taken out first, then let in.
TEST_F(QuorumSnapshots, VoterThatLostItsDiskComesBack) {
  begin({1, 2, 3});
  const int leader = cluster_.wait_for_leader();
  append_many(leader, 0, 30);
  const int lost = leader == 3 ? 2 : 3;
  const int other = 6 - leader - lost;
  cluster_.kill(lost);
  cluster_.format(lost, {}, 2);
  start(lost);
  ASSERT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  EXPECT_FALSE(cluster_.at(lost).core().is_voter());
  ASSERT_TRUE(
      cluster_.change_voters(leader, list({std::min(leader, other), std::max(leader, other)})));
  ASSERT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  ASSERT_TRUE(cluster_.change_voters(leader, list({1, 2, 3})));
  ASSERT_TRUE(cluster_.run_until([&] { return cluster_.at(lost).core().is_voter(); }));
  cluster_.kill(other);
  append_many(cluster_.wait_for_leader(), 30, 35);
}

// It steps down by the very entry that it is asked to commit.
TEST_F(QuorumSnapshots, ALeaderThatIsRemovedSaysThatItIs) {
  begin({1, 2, 3});
  const int leader = cluster_.wait_for_leader();
  append_many(leader, 0, 5);
  std::vector<int> rest;
  for (const int id : {1, 2, 3})
    if (id != leader) rest.push_back(id);
  const auto removed = cluster_.change_voters(leader, list({rest[0], rest[1]}));
  ASSERT_TRUE(removed) << to_string(removed.error());
  ASSERT_TRUE(cluster_.run_until(
      [&] { return cluster_.leader() == rest[0] || cluster_.leader() == rest[1]; }));
  // It only follows from now on, and votes no more.
  ASSERT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  const auto look = cluster_.at(cluster_.leader()).look();
  ASSERT_EQ(look.members.size(), 3u);
  EXPECT_EQ(look.members.back().replica.id, BrokerId(leader));
  EXPECT_FALSE(look.members.back().votes);
  EXPECT_TRUE(look.members.back().caught_up);
}

TEST_F(QuorumClusterTest, FullDiskOfALeaderRefusesAndGoesOn) {
  begin({1});
  append_many(1, 0, 5);
  const auto capacity = cluster_.disk(1).faults.capacity_bytes;
  cluster_.disk(1).faults.capacity_bytes = cluster_.disk(1).used_bytes();
  auto refused = cluster_.append(1, std::string(10'000, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::disk_full);
  EXPECT_EQ(cluster_.leader(), 1);
  cluster_.disk(1).faults.capacity_bytes = capacity;
  append_many(1, 5, 7);
  cluster_.power_cut(1);
  start(1);
  EXPECT_EQ(cluster_.machine(1).entries.size(), 7u);
}

TEST_F(QuorumClusterTest, FullDiskOfAFollowerOnlyHoldsItBack) {
  begin({1, 2, 3});
  const int leader = cluster_.wait_for_leader();
  append_many(leader, 0, 5);
  ASSERT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
  const int full = leader == 1 ? 2 : 1;
  const auto capacity = cluster_.disk(full).faults.capacity_bytes;
  cluster_.disk(full).faults.capacity_bytes = cluster_.disk(full).used_bytes();
  for (int i = 0; i < 3; i++) append(leader, std::string(10'000, 'x'));
  cluster_.run_for(std::chrono::seconds(5));
  EXPECT_EQ(cluster_.leader(), leader);
  cluster_.disk(full).faults.capacity_bytes = capacity;
  EXPECT_TRUE(cluster_.run_until([&] { return cluster_.all_the_same(); }));
}

TEST(QuorumClusterPowerCuts, WhatWasCommittedSurvives) {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  std::size_t acknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 6; seed++) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    QuorumCluster cluster(seed, [](QuorumOptions& options) {
      options.snapshot_after_bytes = 4000;
      options.segment_bytes = 3000;
    });
    for (const int id : {1, 2, 3}) cluster.format(id, {1, 2, 3});
    std::map<Offset, std::string> acked;
    env::Random& random = cluster.world().random();
    for (int round = 0; round < 12; round++) {
      for (const int id : {1, 2, 3}) {
        if (cluster.lives(id)) continue;
        auto started = cluster.start(id);
        ASSERT_TRUE(started) << to_string(started.error());
      }
      const int leader = cluster.wait_for_leader();
      ASSERT_NE(leader, 0);
      for (std::uint64_t i = random.below(20); i > 0; i--) {
        const std::string text = fmt::format("{} of round {}", i, round);
        if (auto offset = cluster.append(leader, text)) acked[*offset] = text;
      }
      // One, two or all lose their power, in the middle of something.
      cluster.run_for(std::chrono::milliseconds(random.below(10)));
      for (const int id : {1, 2, 3}) {
        if (random.chance(0.5)) cluster.power_cut(id);
        cluster.run_for(std::chrono::milliseconds(random.below(5)));
      }
    }
    for (const int id : {1, 2, 3})
      if (!cluster.lives(id)) ASSERT_TRUE(cluster.start(id));
    cluster.wait_for_leader();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.all_the_same(); }));
    for (const auto& [offset, text] : acked)
      EXPECT_EQ(cluster.machine(1).entries[offset], text) << offset.value();
    acknowledged += acked.size();
    for (const auto& [what, times] : cluster.world().counts()) counts[what] += times;
  }
  fmt::print("{} entries acknowledged\n{}", acknowledged, sim::describe(counts));
  EXPECT_GT(acknowledged, 100u);
  EXPECT_GT(counts["power_cut.lost_write"] + counts["power_cut.torn_file"], 0u);
}

}  // namespace
}  // namespace ropewalk::quorum
