// What operators do with leaders and replicas: who is asked, and what comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/metadata/broker_settings.h"
#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const BrokerId kOther(2), kThird(3);

class ReplicasTest : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    return rig_.world.run(rig_.core(), std::move(task));
  }
  static PartitionRef ref(std::string topic, std::int32_t partition = 0) {
    return {.topic = {.name = std::move(topic), .id = {}}, .partition = partition};
  }
  void change(TopicId topic, metadata::PartitionChangeRecord record, std::int32_t index = 0) {
    record.topic = topic;
    record.index = PartitionId(index);
    rig_.apply({std::move(record)});
  }
  // A topic with one partition of these replicas, all in sync.
  TopicId make(std::string name, std::vector<BrokerId> replicas, BrokerId leader) {
    const TopicId id = rig_.add_topic(std::move(name), 1, leader);
    metadata::PartitionChangeRecord record;
    record.directories = std::vector(replicas.size(), rig_.directory->meta().directory);
    record.in_sync = replicas;
    record.replicas = std::move(replicas);
    change(id, std::move(record));
    return id;
  }
  void answers(std::vector<Result<metadata::ItemAnswer>> items) {
    rig_.controller.answers.push_back(
        metadata::ControllerAnswer{.offset = Offset(0), .items = std::move(items)});
  }
  auto elect(std::optional<std::vector<PartitionRef>> partitions,
             metadata::ElectionKind kind = metadata::ElectionKind::preferred) {
    return run(rig_.use_cases->elect_leaders.handle(
        rig_.context(), {.kind = kind, .partitions = std::move(partitions)}));
  }
  auto alter(AlterReassignmentsRequest request) {
    return run(rig_.use_cases->alter_reassignments.handle(rig_.context(), std::move(request)));
  }
  auto running(const std::optional<std::vector<PartitionRef>>& only = std::nullopt) {
    Result<ListReassignmentsResponse> listed;
    rig_.on_core([&] { listed = rig_.use_cases->list_reassignments.handle(rig_.context(), only); });
    return listed;
  }
  ServiceRig rig_{1};
};

TEST_F(ReplicasTest, ElectsWhatIsThereAndSaysWhoLeadsNow) {
  const TopicId id = make("t", {kOther, ServiceRig::kSelf}, ServiceRig::kSelf);
  answers({metadata::ItemAnswer()});
  const auto elected = elect({{ref("nope"), ref("t"), ref("t", 7)}});
  ASSERT_TRUE(elected) << to_string(elected.error());
  ASSERT_EQ(elected->partitions.size(), 3u);
  EXPECT_EQ(elected->partitions[0].error.code, Errc::unknown_topic_or_partition);
  EXPECT_EQ(elected->partitions[1].error.code, Errc::none);
  EXPECT_EQ(elected->partitions[1].topic.id, id);
  EXPECT_EQ(elected->partitions[1].leader, ServiceRig::kSelf) << "as the image has it";
  EXPECT_EQ(elected->partitions[2].error.code, Errc::unknown_topic_or_partition);
  const auto& asked = std::get<metadata::ElectLeaders>(rig_.controller.asked[0]);
  EXPECT_THAT(asked.partitions, ElementsAre(TopicPartition{id, 0}));
}

TEST_F(ReplicasTest, TheControllersRefusalIsThatOfItsPartition) {
  rig_.add_topic("a", 2);
  answers({fail(Errc::election_not_needed, "led already"), metadata::ItemAnswer()});
  const auto elected = elect({{ref("a", 1), ref("nope"), ref("a", 0)}});
  ASSERT_TRUE(elected) << to_string(elected.error());
  EXPECT_EQ(elected->partitions[0].error.code, Errc::election_not_needed);
  EXPECT_EQ(elected->partitions[0].partition, 1);
  EXPECT_EQ(elected->partitions[1].error.code, Errc::unknown_topic_or_partition);
  EXPECT_EQ(elected->partitions[2].error.code, Errc::none);
}

TEST_F(ReplicasTest, AllPartitionsAreThoseThatAnElectionCouldChange) {
  const TopicId moved = make("b", {kOther, ServiceRig::kSelf}, ServiceRig::kSelf);
  make("a", {ServiceRig::kSelf, kOther}, ServiceRig::kSelf);
  const TopicId leaderless = make("c", {kOther}, kOther);
  metadata::PartitionChangeRecord nobody;
  nobody.leader = kNoBroker;
  change(leaderless, nobody);
  answers({metadata::ItemAnswer(), metadata::ItemAnswer()});
  ASSERT_TRUE(elect(std::nullopt));
  answers({metadata::ItemAnswer()});
  ASSERT_TRUE(elect(std::nullopt, metadata::ElectionKind::unclean));
  EXPECT_THAT(std::get<metadata::ElectLeaders>(rig_.controller.asked[0]).partitions,
              ElementsAre(TopicPartition{moved, 0}, TopicPartition{leaderless, 0}));
  const auto& unclean = std::get<metadata::ElectLeaders>(rig_.controller.asked[1]);
  EXPECT_THAT(unclean.partitions, ElementsAre(TopicPartition{leaderless, 0}));
  EXPECT_EQ(unclean.kind, metadata::ElectionKind::unclean);
}

TEST_F(ReplicasTest, APartitionThatStandsThereTwiceIsRefusedAndNobodyIsAsked) {
  rig_.add_topic("t");
  const auto elected = elect({{ref("t"), ref("t")}});
  ASSERT_TRUE(elected) << to_string(elected.error());
  for (const auto& one : elected->partitions) EXPECT_EQ(one.error.code, Errc::invalid_request);
  EXPECT_THAT(rig_.controller.asked, IsEmpty());
}

TEST_F(ReplicasTest, WhoMayNotOperateTheClusterChangesNothing) {
  class Nobody final : public security::Authorizer {
   public:
    Result<void> authorize(const security::RequestContext&,
                           const security::Access& access) override {
      if (access.resource_type != security::ResourceType::cluster) return {};
      return fail(Errc::cluster_authorization_failed, "no");
    }
  };
  rig_.add_topic("t");
  Nobody nobody;
  Parts parts{.environment = rig_.parts->environment,
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
  UseCases uses(parts);
  const auto code = [](const auto& result) { return result ? Errc::none : result.error().code; };
  constexpr Errc kForbidden = Errc::cluster_authorization_failed;
  EXPECT_EQ(code(run(uses.elect_leaders.handle(rig_.context(), {.partitions = {{ref("t")}}}))),
            kForbidden);
  EXPECT_EQ(code(run(uses.alter_reassignments.handle(
                rig_.context(), {.partitions = {{ref("t"), metadata::Replicas{kOther}}}}))),
            kForbidden);
  EXPECT_EQ(code(run(uses.unregister_broker.handle(rig_.context(), kOther))), kForbidden);
  rig_.on_core([&] {
    EXPECT_EQ(code(uses.list_reassignments.handle(rig_.context(), std::nullopt)), kForbidden);
    EXPECT_EQ(code(uses.plan_drain.handle(rig_.context(), kOther)), kForbidden);
  });
  EXPECT_THAT(rig_.controller.asked, IsEmpty());
}

TEST_F(ReplicasTest, MovesAndCallsOffByPartition) {
  const TopicId id = rig_.add_topic("t", 2);
  answers({metadata::ItemAnswer(), fail(Errc::no_reassignment_in_progress, "none")});
  const auto altered = alter(
      {.partitions = {{ref("t", 0), metadata::Replicas{kOther}}, {ref("t", 1), std::nullopt}}});
  ASSERT_TRUE(altered) << to_string(altered.error());
  EXPECT_EQ(altered->partitions[0].error.code, Errc::none);
  EXPECT_EQ(altered->partitions[1].error.code, Errc::no_reassignment_in_progress);
  const auto& asked = std::get<metadata::AlterReassignments>(rig_.controller.asked[0]);
  EXPECT_EQ(asked.partitions[0],
            (metadata::Reassignment{TopicPartition{id, 0}, metadata::Replicas{kOther}}));
  EXPECT_EQ(asked.partitions[1], (metadata::Reassignment{TopicPartition{id, 1}, std::nullopt}));
}

// KIP-860: a client that only wants to move replicas is told when that would change their number.
TEST_F(ReplicasTest, AnotherNumberOfReplicasIsRefusedWhereItMayNotBe) {
  make("t", {ServiceRig::kSelf}, ServiceRig::kSelf);
  AlterReassignmentsRequest request;
  request.partitions = {{ref("t"), metadata::Replicas{ServiceRig::kSelf, kOther}}};
  request.may_change_count = false;
  const auto altered = alter(request);
  ASSERT_TRUE(altered) << to_string(altered.error());
  EXPECT_EQ(altered->partitions[0].error.code, Errc::invalid_replication_factor);
  EXPECT_THAT(rig_.controller.asked, IsEmpty());
  request.partitions[0].replicas = metadata::Replicas{kOther};
  answers({metadata::ItemAnswer()});
  EXPECT_EQ(alter(request)->partitions[0].error.code, Errc::none);
}

TEST_F(ReplicasTest, ListsWhatIsUnderWay) {
  const TopicId moving = make("b", {kOther, ServiceRig::kSelf}, ServiceRig::kSelf);
  make("a", {ServiceRig::kSelf}, ServiceRig::kSelf);
  metadata::PartitionChangeRecord move;
  move.adding = {kOther};
  move.removing = {ServiceRig::kSelf};
  change(moving, move);
  const auto all = running();
  ASSERT_TRUE(all) << to_string(all.error());
  EXPECT_EQ(all->metadata_offset, rig_.image->offset()) << "so that no later look goes back";
  ASSERT_EQ(all->partitions.size(), 1u);
  EXPECT_EQ(all->partitions.front().topic.name, "b");
  EXPECT_THAT(all->partitions.front().partition.adding, ElementsAre(kOther));
  EXPECT_EQ(running({{ref("b"), ref("nope")}})->partitions.size(), 1u);
  EXPECT_THAT(running({{ref("a")}})->partitions, IsEmpty());
  DescribeTopicsResponse described;
  rig_.on_core([&] {
    described = rig_.use_cases->describe_topics.handle(
        rig_.context(), {.all_topics = false, .topics = {{.name = "b", .id = {}}}});
  });
  EXPECT_THAT(described.topics[0].topic.partitions[0].removing, ElementsAre(ServiceRig::kSelf));
}

TEST_F(ReplicasTest, ALeaderSaysWhatItHasAndWhoHasNotTold) {
  const TopicId id = make("t", {ServiceRig::kSelf, kOther}, ServiceRig::kSelf);
  rig_.produce_one(ServiceRig::to(id, 0, ServiceRig::batch(3)), 1);
  const TopicId elsewhere = rig_.add_topic("far", 1, kOther);
  DescribeReplicasPartition here, stale, far;
  here.topic.id = stale.topic.id = id;
  stale.leader_epoch = LeaderEpoch(99);
  far.topic.id = elsewhere;
  const auto told =
      run(rig_.use_cases->describe_replicas.handle(rig_.context(), {here, stale, far}));
  ASSERT_EQ(told.size(), 3u);
  ASSERT_EQ(told[0].error.code, Errc::none) << to_string(told[0].error);
  EXPECT_EQ(told[0].log_end, Offset(3));
  EXPECT_GT(told[0].bytes, 60u);
  ASSERT_EQ(told[0].replicas.size(), 2u);
  EXPECT_EQ(told[0].replicas[0].log_end, Offset(3));
  EXPECT_EQ(told[0].replicas[1].broker, kOther);
  EXPECT_FALSE(told[0].replicas[1].log_end) << "it has told nothing";
  EXPECT_EQ(told[1].error.code, Errc::unknown_leader_epoch);
  EXPECT_EQ(told[2].error.code, Errc::not_leader_or_follower);
  EXPECT_EQ(told[2].current_leader.leader, kOther);
}

TEST_F(ReplicasTest, PlansADrainAndSaysWhatIsStuckAndWhy) {
  rig_.register_broker(kThird, 9392);
  make("full", {ServiceRig::kSelf, kOther, kThird}, ServiceRig::kSelf);
  make("b", {kOther, kThird}, kOther);
  make("a", {kThird}, kThird);
  make("none", {kOther}, kOther);
  Result<DrainPlan> plan;
  rig_.on_core([&] { plan = rig_.use_cases->plan_drain.handle(rig_.context(), kThird); });
  ASSERT_TRUE(plan) << to_string(plan.error());
  ASSERT_EQ(plan->moves.size(), 2u);
  EXPECT_EQ(plan->moves[0].topic.name, "a");
  EXPECT_THAT(plan->moves[0].from, ElementsAre(kThird));
  EXPECT_THAT(plan->moves[1].to, ElementsAre(kOther, ServiceRig::kSelf));
  ASSERT_EQ(plan->stuck.size(), 1u);
  EXPECT_EQ(plan->stuck[0].topic.name, "full");
  EXPECT_THAT(plan->stuck[0].reason, HasSubstr("wants 3 replicas, and no further broker"));
  rig_.on_core([&] {
    EXPECT_EQ(rig_.use_cases->plan_drain.handle(rig_.context(), BrokerId(9)).error().code,
              Errc::broker_id_not_registered);
  });
}

TEST_F(ReplicasTest, ForgetsABrokerThroughTheController) {
  answers({metadata::ItemAnswer()});
  EXPECT_TRUE(run(rig_.use_cases->unregister_broker.handle(rig_.context(), kOther)));
  EXPECT_EQ(std::get<metadata::UnregisterBroker>(rig_.controller.asked[0]).broker, kOther);
  answers({fail(Errc::not_empty, "it has replicas")});
  EXPECT_EQ(run(rig_.use_cases->unregister_broker.handle(rig_.context(), kOther)).error().code,
            Errc::not_empty);
}

TEST_F(ReplicasTest, DrainsThroughTheControllerAndSaysWhoIs) {
  for (const bool drained : {true, false}) {
    answers({metadata::ItemAnswer()});
    EXPECT_TRUE(run(rig_.use_cases->set_drained.handle(rig_.context(), kOther, drained)));
    const auto& asked = std::get<metadata::SetConfigs>(rig_.controller.asked.back());
    ASSERT_EQ(asked.changes.size(), 1u);
    EXPECT_EQ(asked.changes[0].scope, metadata::ConfigTarget(kOther));
    EXPECT_EQ(asked.changes[0].key, metadata::kDrained);
    EXPECT_EQ(asked.changes[0].value.has_value(), drained);
  }
  rig_.apply({metadata::ConfigRecord{kOther, std::string(metadata::kDrained),
                                     std::string(metadata::kIsDrained)}});
  ClusterStatus status;
  rig_.on_core([&] { status = rig_.use_cases->describe_cluster.handle(rig_.context()); });
  for (const BrokerMetadata& broker : status.brokers)
    EXPECT_EQ(broker.drained, broker.id == kOther) << broker.id.value();
}

TEST_F(ReplicasTest, WhoIsDrainedTakesNothingOfAnother) {
  rig_.register_broker(kThird, 9392);
  make("a", {kThird}, kThird);
  make("b", {ServiceRig::kSelf, kThird}, ServiceRig::kSelf);
  rig_.apply({metadata::ConfigRecord{kOther, std::string(metadata::kDrained),
                                     std::string(metadata::kIsDrained)}});
  Result<DrainPlan> plan;
  rig_.on_core([&] { plan = rig_.use_cases->plan_drain.handle(rig_.context(), kThird); });
  ASSERT_TRUE(plan) << to_string(plan.error());
  ASSERT_EQ(plan->moves.size(), 1u);
  EXPECT_THAT(plan->moves[0].to, ElementsAre(ServiceRig::kSelf));
  ASSERT_EQ(plan->stuck.size(), 1u);
  EXPECT_THAT(plan->stuck[0].reason, HasSubstr("alive and not drained (2)"));
}

}  // namespace
}  // namespace ropewalk::service
