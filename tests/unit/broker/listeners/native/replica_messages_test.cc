#include "broker/listeners/native/replica_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::native {
namespace {

using testing::ElementsAre;

Errc code_of(const auto& result) { return result ? Errc::none : result.error().code; }

TopicId some_topic() {
  TopicId id;
  id.bytes.fill(7);
  return id;
}

TEST(ReplicaMessages, ElectionsNamePartitionsOrAll) {
  v1::ElectLeadersRequest message;
  EXPECT_EQ(read_elect_leaders(message)->partitions->size(), 0u) << "none is none";
  message.set_all_partitions(true);
  EXPECT_FALSE(read_elect_leaders(message)->partitions) << "all";
  auto* const one = message.add_partitions();
  one->set_topic("t");
  one->set_partition(3);
  EXPECT_EQ(code_of(read_elect_leaders(message)), Errc::invalid_request) << "both";
  message.set_all_partitions(false);
  message.set_kind(v1::ELECTION_UNCLEAN);
  const auto request = read_elect_leaders(message);
  ASSERT_TRUE(request) << to_string(request.error());
  EXPECT_EQ(request->kind, metadata::ElectionKind::unclean);
  EXPECT_EQ(request->partitions->at(0).topic.name, "t");
  EXPECT_EQ(request->partitions->at(0).partition, 3);
  message.set_kind(static_cast<v1::ElectionKind>(9));
  EXPECT_EQ(code_of(read_elect_leaders(message)), Errc::invalid_request);
  message.set_kind(v1::ELECTION_PREFERRED);
  one->set_topic_id("short");
  EXPECT_EQ(code_of(read_elect_leaders(message)), Errc::invalid_request);
}

TEST(ReplicaMessages, CallingOffIsNotTheSameAsWantingNobody) {
  v1::AlterReassignmentsRequest message;
  auto* const off = message.add_partitions();
  off->set_topic_id(some_topic().to_bytes());
  off->set_call_off(true);
  message.add_partitions()->set_topic("t");
  const auto request = read_alter_reassignments(message);
  ASSERT_TRUE(request) << to_string(request.error());
  EXPECT_EQ(request->partitions[0].partition.topic.id, some_topic());
  EXPECT_FALSE(request->partitions[0].replicas);
  EXPECT_TRUE(request->partitions[1].replicas) << "the controller refuses it";
  EXPECT_TRUE(request->may_change_count);
  off->add_replicas(1);
  EXPECT_EQ(code_of(read_alter_reassignments(message)), Errc::invalid_request);
}

TEST(ReplicaMessages, SayWhatIsUnderWayAndWhoHasNotTold) {
  service::RunningReassignment running;
  running.topic = {.name = "t", .id = some_topic()};
  running.partition.index = PartitionId(2);
  running.partition.replicas = {BrokerId(3), BrokerId(1)};
  running.partition.adding = {BrokerId(3)};
  running.partition.removing = {BrokerId(1)};
  running.partition.leader = BrokerId(1);
  const auto listed = write_reassignments({running});
  EXPECT_EQ(listed.partitions(0).topic_id(), some_topic().to_bytes());
  EXPECT_THAT(listed.partitions(0).replicas(), ElementsAre(3, 1));
  EXPECT_THAT(listed.partitions(0).adding(), ElementsAre(3));
  EXPECT_THAT(listed.partitions(0).removing(), ElementsAre(1));

  v1::DescribeReplicasRequest asked;
  asked.add_partitions()->set_topic_id(some_topic().to_bytes());
  service::PartitionReplicas told;
  told.log_end = Offset(9);
  told.replicas = {{.broker = BrokerId(1), .in_sync = true, .log_end = Offset(0)},
                   {.broker = BrokerId(3), .in_sync = false, .log_end = std::nullopt}};
  const auto described = write_replicas(asked, {told});
  EXPECT_TRUE(described.partitions(0).replicas(0).has_log_end()) << "that is an offset too";
  EXPECT_FALSE(described.partitions(0).replicas(1).has_log_end());
  *asked.add_partitions() = asked.partitions(0);
  EXPECT_EQ(code_of(read_describe_replicas(asked)), Errc::invalid_request) << "twice";
}

}  // namespace
}  // namespace ropewalk::native
