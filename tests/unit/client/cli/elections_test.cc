#include "client/cli/elections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;

DescribedPartition partition(std::int32_t index, std::int32_t leader,
                             std::vector<std::int32_t> in_sync,
                             std::vector<std::int32_t> offline = {}) {
  DescribedPartition made;
  made.partition = index;
  made.leader = leader;
  made.replicas = {1, 2};
  made.in_sync_replicas = std::move(in_sync);
  made.offline_replicas = std::move(offline);
  return made;
}

std::vector<DescribedTopic> orders(std::vector<DescribedPartition> partitions) {
  DescribedTopic topic;
  topic.name = "orders";
  topic.partitions = std::move(partitions);
  return {topic};
}

TEST(Elections, BalanceShowsWhoIsToLeadAndWhoCannot) {
  const auto candidates = unbalanced(orders({partition(0, 1, {1, 2}), partition(1, 2, {1, 2}),
                                             partition(2, 2, {2}), partition(3, -1, {1}, {1})}));
  EXPECT_EQ(balance_text(candidates),
            "TOPIC   PARTITION  LEADER  TO BE\n"
            "orders  1          2       1\n"
            "orders  2          2       1      stays: broker 1 is not in sync\n"
            "orders  3          none    1      stays: broker 1 is not there\n"
            "\nleaderships to move: 1\n");
  EXPECT_THAT(candidates_json(candidates), HasSubstr(R"("leader":-1,"preferred":1)"));
  EXPECT_THAT(balance_text({}), HasSubstr("every partition"));
}

TEST(Elections, AnUncleanOneConcernsThoseWithoutALeaderAndSaysWhatItCosts) {
  const auto candidates = leaderless(
      orders({partition(0, 1, {1, 2}), partition(1, -1, {1}, {1}), partition(2, -1, {}, {1, 2})}));
  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_THAT(candidates[0].stays, "");
  EXPECT_EQ(candidates[1].stays, "no replica is there; if a disk was replaced, it begins empty");
  EXPECT_THAT(unclean_text(candidates), HasSubstr("LOST for good"));
  EXPECT_THAT(unclean_text({}), HasSubstr("nothing to elect"));
}

TEST(Elections, OneThatWasNotNeededHasNotFailed) {
  const std::vector<PartitionElection> elections = {
      {.partition = {"t", 0}, .leader = 1},
      {.partition = {"t", 1}, .error = {Errc::election_not_needed, ""}, .leader = 1},
      {.partition = {"t", 2}, .error = {Errc::preferred_leader_not_available, "2 is not there"}}};
  EXPECT_EQ(count_failed(elections), 1u);
  const std::string text = elections_text(elections);
  EXPECT_THAT(text, HasSubstr("t      0          1       elected\n"));
  EXPECT_THAT(text, HasSubstr("t      1          1       not needed\n"));
  EXPECT_THAT(text, HasSubstr("t      2          none    failed: "));
  EXPECT_THAT(elections_json(elections), HasSubstr(R"("leader_epoch":0,"error":null)"));
}

}  // namespace
}  // namespace ropewalk::cli
