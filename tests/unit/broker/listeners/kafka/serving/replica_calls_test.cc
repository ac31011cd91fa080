// ElectLeaders, AlterPartitionReassignments, ListPartitionReassignments and UnregisterBroker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int16_t kUnknownTopicOrPartition = 3, kInvalidRequest = 42,
                       kPreferredLeaderNotAvailable = 80, kElectionNotNeeded = 84,
                       kNoReassignmentInProgress = 85, kInvalidReplicationFactor = 38,
                       kClusterAuthorizationFailed = 31, kPolicyViolation = 44,
                       kBrokerIdNotRegistered = 102;

class KafkaReplicaCalls : public testing::Test {
 protected:
  void answers(std::vector<Result<metadata::ItemAnswer>> items) {
    rig_.controller.answers.push_back(
        metadata::ControllerAnswer{.offset = Offset(0), .items = std::move(items)});
  }
  template <class Event>
  const Event& asked(std::size_t index = 0) {
    return std::get<Event>(rig_.controller.asked.at(index));
  }
  KafkaRig rig_;
};

TEST_F(KafkaReplicaCalls, ElectsInEveryVersion) {
  const TopicId id = rig_.add_topic("t", 3);
  for (std::int16_t version = kElectLeaders.first; version <= kElectLeaders.last; version++) {
    SCOPED_TRACE(version);
    answers({fail(Errc::election_not_needed, "led already"), metadata::ItemAnswer()});
    ElectLeadersRequest message;
    message.election_type = version > 0 ? 1 : 0;
    message.topic_partitions.emplace();
    message.topic_partitions->push_back({.topic = "t", .partitions = {0, 2, 9}});
    message.topic_partitions->push_back({.topic = "nope", .partitions = {0}});
    const auto response = rig_.call<ElectLeadersResponse>(message, version);
    EXPECT_EQ(response.error_code, 0);
    ASSERT_THAT(response.replica_election_results, SizeIs(2));
    const auto& first = response.replica_election_results[0];
    EXPECT_EQ(first.topic, "t");
    ASSERT_THAT(first.partitions, SizeIs(3));
    EXPECT_EQ(first.partitions[0].error_code, kElectionNotNeeded);
    EXPECT_EQ(first.partitions[0].error_message, "led already");
    EXPECT_EQ(first.partitions[1].partition_id, 2);
    EXPECT_EQ(first.partitions[1].error_code, 0);
    EXPECT_EQ(first.partitions[1].error_message, std::nullopt);
    EXPECT_EQ(first.partitions[2].error_code, kUnknownTopicOrPartition);
    EXPECT_EQ(response.replica_election_results[1].partitions.at(0).error_code,
              kUnknownTopicOrPartition);
    const auto& event = asked<metadata::ElectLeaders>(static_cast<std::size_t>(version));
    EXPECT_THAT(event.partitions, ElementsAre(TopicPartition{id, 0}, TopicPartition{id, 2}));
    EXPECT_EQ(event.kind,
              version > 0 ? metadata::ElectionKind::unclean : metadata::ElectionKind::preferred);
  }
}

// As Kafka has it: those for which there is nothing to do are not told.
TEST_F(KafkaReplicaCalls, NoListMeansAllThatMayBeElected) {
  rig_.add_topic("t", 3);
  const auto nothing = rig_.call<ElectLeadersResponse>(ElectLeadersRequest{}, 2);
  EXPECT_THAT(nothing.replica_election_results, IsEmpty());
  EXPECT_THAT(rig_.controller.asked, IsEmpty());
  const TopicId other = rig_.add_topic("other", 1);
  metadata::PartitionChangeRecord moved;
  moved.topic = other;
  moved.index = PartitionId(0);
  moved.replicas = {BrokerId(2), BrokerId(1)};
  moved.directories = std::vector(2, rig_.directory->meta().directory);
  rig_.apply({moved});
  answers({fail(Errc::preferred_leader_not_available, "broker 2 is not in sync")});
  const auto one = rig_.call<ElectLeadersResponse>(ElectLeadersRequest{}, 2);
  ASSERT_THAT(one.replica_election_results, SizeIs(1));
  EXPECT_EQ(one.replica_election_results[0].partitions.at(0).error_code,
            kPreferredLeaderNotAvailable);
}

TEST_F(KafkaReplicaCalls, AnElectionOfNoKnownTypeIsRefused) {
  ElectLeadersRequest message;
  message.election_type = 7;
  EXPECT_EQ(rig_.call<ElectLeadersResponse>(message, 1).error_code, kInvalidRequest);
}

// Version 0 has no place for what is wrong with all of it.
TEST_F(KafkaReplicaCalls, WhoMayNotHearsItInEveryVersion) {
  class Nobody final : public security::Authorizer {
   public:
    Result<void> authorize(const security::RequestContext&, const security::Access&) override {
      return fail(Errc::cluster_authorization_failed, "no");
    }
  } nobody;
  service::Parts parts{.environment = rig_.parts->environment,
                       .metadata = rig_.parts->metadata,
                       .replicas = rig_.parts->replicas,
                       .controller = rig_.parts->controller,
                       .authorizer = nobody,
                       .produce_budget = rig_.parts->produce_budget,
                       .fetch_budget = rig_.parts->fetch_budget,
                       .metrics = rig_.parts->metrics,
                       .cluster_id = rig_.parts->cluster_id,
                       .self = rig_.parts->self,
                       .controller_id = rig_.parts->controller_id,
                       .lease_holds = rig_.parts->lease_holds,
                       .limits = {}};
  rig_.parts = std::make_unique<service::Parts>(std::move(parts));
  rig_.listen_again();
  ElectLeadersRequest elect;
  elect.topic_partitions.emplace();
  elect.topic_partitions->push_back({.topic = "t", .partitions = {0}});
  const auto oldest = rig_.call<ElectLeadersResponse>(elect, 0);
  ASSERT_THAT(oldest.replica_election_results, SizeIs(1));
  EXPECT_EQ(oldest.replica_election_results[0].partitions.at(0).error_code,
            kClusterAuthorizationFailed);
  EXPECT_EQ(rig_.call<ElectLeadersResponse>(elect, 1).error_code, kClusterAuthorizationFailed);
  EXPECT_EQ(rig_.call<AlterPartitionReassignmentsResponse>(AlterPartitionReassignmentsRequest{}, 0)
                .error_code,
            kClusterAuthorizationFailed);
  EXPECT_EQ(rig_.call<ListPartitionReassignmentsResponse>(ListPartitionReassignmentsRequest{}, 0)
                .error_code,
            kClusterAuthorizationFailed);
  EXPECT_EQ(rig_.call<UnregisterBrokerResponse>(UnregisterBrokerRequest{}, 0).error_code,
            kClusterAuthorizationFailed);
  EXPECT_THAT(rig_.controller.asked, IsEmpty());
  rig_.disconnect();
}

TEST_F(KafkaReplicaCalls, MovesAndCallsOff) {
  const TopicId id = rig_.add_topic("t", 2);
  for (std::int16_t version = 0; version <= kAlterPartitionReassignments.last; version++) {
    SCOPED_TRACE(version);
    answers({metadata::ItemAnswer(), fail(Errc::no_reassignment_in_progress, "none")});
    AlterPartitionReassignmentsRequest message;
    message.topics.push_back({.name = "t", .partitions = {}});
    message.topics[0].partitions.push_back({.partition_index = 0, .replicas = {{2, 1}}});
    message.topics[0].partitions.push_back({.partition_index = 1, .replicas = std::nullopt});
    message.topics.push_back({.name = "nope", .partitions = {}});
    message.topics[1].partitions.push_back({.partition_index = 0, .replicas = {{1}}});
    const auto response = rig_.call<AlterPartitionReassignmentsResponse>(message, version);
    EXPECT_EQ(response.error_code, 0);
    ASSERT_THAT(response.responses, SizeIs(2));
    EXPECT_EQ(response.responses[0].partitions.at(0).error_code, 0);
    EXPECT_EQ(response.responses[0].partitions.at(1).error_code, kNoReassignmentInProgress);
    EXPECT_EQ(response.responses[0].partitions.at(1).error_message, "none");
    EXPECT_EQ(response.responses[1].partitions.at(0).error_code, kUnknownTopicOrPartition);
    const auto& event =
        asked<metadata::AlterReassignments>(static_cast<std::size_t>(version)).partitions;
    EXPECT_THAT(event,
                ElementsAre(metadata::Reassignment{TopicPartition{id, 0},
                                                   metadata::Replicas{BrokerId(2), BrokerId(1)}},
                            metadata::Reassignment{TopicPartition{id, 1}, std::nullopt}));
  }
}

// KIP-860.
TEST_F(KafkaReplicaCalls, AnotherNumberOfReplicasMayBeRuledOut) {
  rig_.add_topic("t", 1);
  AlterPartitionReassignmentsRequest message;
  message.allow_replication_factor_change = false;
  message.topics.push_back({.name = "t", .partitions = {}});
  message.topics[0].partitions.push_back({.partition_index = 0, .replicas = {{1, 2}}});
  const auto response = rig_.call<AlterPartitionReassignmentsResponse>(message, 1);
  EXPECT_FALSE(response.allow_replication_factor_change);
  EXPECT_EQ(response.responses.at(0).partitions.at(0).error_code, kInvalidReplicationFactor);
  EXPECT_THAT(rig_.controller.asked, IsEmpty());
}

TEST_F(KafkaReplicaCalls, ListsWhatIsUnderWay) {
  const TopicId id = rig_.add_topic("t", 2);
  EXPECT_THAT(
      rig_.call<ListPartitionReassignmentsResponse>(ListPartitionReassignmentsRequest{}, 0).topics,
      IsEmpty());
  metadata::PartitionChangeRecord move;
  move.topic = id;
  move.index = PartitionId(1);
  move.replicas = {BrokerId(2), BrokerId(1)};
  move.directories = std::vector(2, rig_.directory->meta().directory);
  move.adding = {BrokerId(2)};
  move.removing = {BrokerId(1)};
  rig_.apply({move});
  ListPartitionReassignmentsRequest message;
  const auto all = rig_.call<ListPartitionReassignmentsResponse>(message, 0);
  ASSERT_THAT(all.topics, SizeIs(1));
  EXPECT_EQ(all.topics[0].name, "t");
  const auto& partition = all.topics[0].partitions.at(0);
  EXPECT_EQ(partition.partition_index, 1);
  EXPECT_THAT(partition.replicas, ElementsAre(2, 1));
  EXPECT_THAT(partition.adding_replicas, ElementsAre(2));
  EXPECT_THAT(partition.removing_replicas, ElementsAre(1));
  message.topics.emplace();
  message.topics->push_back({.name = "t", .partition_indexes = {0}});
  EXPECT_THAT(rig_.call<ListPartitionReassignmentsResponse>(message, 0).topics, IsEmpty());
}

TEST_F(KafkaReplicaCalls, ForgetsABroker) {
  answers({metadata::ItemAnswer()});
  const auto gone = rig_.call<UnregisterBrokerResponse>(UnregisterBrokerRequest{.broker_id = 7}, 0);
  EXPECT_EQ(gone.error_code, 0);
  EXPECT_EQ(gone.error_message, std::nullopt);
  EXPECT_EQ(asked<metadata::UnregisterBroker>().broker, BrokerId(7));
}

TEST_F(KafkaReplicaCalls, SaysWhyABrokerIsNotForgotten) {
  answers({fail(Errc::broker_id_not_registered, "there is no broker 7")});
  const auto unknown =
      rig_.call<UnregisterBrokerResponse>(UnregisterBrokerRequest{.broker_id = 7}, 0);
  EXPECT_EQ(unknown.error_code, kBrokerIdNotRegistered);
  EXPECT_EQ(unknown.error_message, "there is no broker 7");
  answers({fail(Errc::not_empty, "broker 7 has replicas; move them first")});
  const auto holds =
      rig_.call<UnregisterBrokerResponse>(UnregisterBrokerRequest{.broker_id = 7}, 0);
  EXPECT_EQ(holds.error_code, kPolicyViolation);
  EXPECT_EQ(holds.error_message, "broker 7 has replicas; move them first");
}

}  // namespace
}  // namespace ropewalk::kafka
