#include "client/cli/cluster_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ClusterStatus three_brokers() {
  ClusterStatus status;
  status.cluster_id = "abc";
  status.controller_id = 2;
  status.brokers = {{.broker_id = 1, .host = "a", .port = 9192, .rack = "north"},
                    {.broker_id = 2, .host = "b", .port = 9192, .rack = ""},
                    {.broker_id = 3, .host = "c", .port = 9192, .rack = "", .fenced = true}};
  status.topics = 1;
  status.partitions = 2;
  return status;
}

DescribedPartition partition(std::int32_t leader, std::vector<std::int32_t> replicas,
                             std::vector<std::int32_t> in_sync) {
  DescribedPartition made;
  made.leader = leader;
  made.replicas = std::move(replicas);
  made.in_sync_replicas = std::move(in_sync);
  return made;
}

std::vector<DescribedTopic> two_partitions() {
  DescribedTopic topic;
  topic.partitions = {partition(1, {1, 2, 3}, {1, 2}), partition(-1, {3}, {3})};
  return {topic};
}

TEST(ClusterText, SaysOnlyWhatIsWrong) {
  ClusterStatus status = three_brokers();
  EXPECT_THAT(cluster_text(status, std::nullopt), HasSubstr("topics 1  partitions 2\n"));
  status.under_replicated = 2;
  status.without_leader = 1;
  EXPECT_THAT(cluster_text(status, std::nullopt),
              HasSubstr("without leader 1  under-replicated 2\n"));
  EXPECT_THAT(cluster_text(status, std::nullopt), Not(HasSubstr("below")));
  status.under_min_in_sync = 3;
  EXPECT_THAT(cluster_text(status, std::nullopt), HasSubstr("below min.insync.replicas 3"));
  EXPECT_THAT(cluster_json(status, std::nullopt), HasSubstr(R"("partitions_under_min_in_sync":3)"));
}

TEST(ClusterText, CountsWhatEachBrokerLeadsAndHolds) {
  const BrokerShare third = share_of(3, two_partitions());
  EXPECT_EQ(third.leads, 0);
  EXPECT_EQ(third.holds, 2);
  EXPECT_EQ(third.behind, 1);
  EXPECT_EQ(share_of(1, two_partitions()).leads, 1);
}

TEST(ClusterText, ListsBrokersWithRackStateAndShare) {
  ClusterStatus status = three_brokers();
  status.brokers[0].drained = true;
  EXPECT_EQ(brokers_text(status, two_partitions()),
            "BROKER  ADDRESS  RACK   STATE           CONTROLLER  LEADS  HOLDS  BEHIND\n"
            "1       a:9192   north  alive, drained              1      1      0\n"
            "2       b:9192   -      alive           yes         0      1      0\n"
            "3       c:9192   -      fenced                      0      2      1\n");
  const std::string json = brokers_json(status, two_partitions());
  EXPECT_THAT(json, HasSubstr(R"("fenced":false,"drained":true,)"));
  EXPECT_THAT(json, HasSubstr(R"("fenced":true,"drained":false,"controller":false,"leads":0,)"));
}

}  // namespace
}  // namespace ropewalk::cli
