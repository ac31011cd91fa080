#include "broker/controller/controller.h"

#include "broker/controller/elections.h"
#include "broker/controller/topic_names.h"
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

TEST_F(ControllerTest, NewClusterGetsItsFeatureLevelOnce) {
  EXPECT_EQ(image_->features().at(kMetadataVersionFeature), kMetadataVersion);
  Batch again(image_, next());
  controller_->prepare(again);
  EXPECT_TRUE(again.records().empty());
}

TEST_F(ControllerTest, BrokerStartsFencedUnderTheEntrysOffset) {
  auto items = decide(registration(1, 1));
  ASSERT_TRUE(items[0]);
  EXPECT_EQ(std::get<BrokerRegistered>(*items[0]).epoch.value(), image_->offset().value());
  EXPECT_TRUE(image_->broker(BrokerId(1))->fenced);
  // The same life asking again keeps its epoch and writes nothing.
  items = decide(registration(1, 1));
  EXPECT_EQ(std::get<BrokerRegistered>(*items[0]).epoch, image_->broker(BrokerId(1))->epoch);
  EXPECT_TRUE(last_records_.empty());
}

TEST_F(ControllerTest, RefusesRegistrations) {
  auto foreign = registration(1, 1);
  foreign.cluster = id_of<ClusterId>(1);
  EXPECT_EQ(code(decide(foreign)), Errc::inconsistent_cluster_id);
  auto old = registration(1, 1);
  old.broker.features = {};
  EXPECT_EQ(code(decide(old)), Errc::unsupported_version);
  auto nobody = registration(1, 1);
  nobody.broker.incarnation = {};
  EXPECT_EQ(code(decide(nobody)), Errc::invalid_request);
  auto homeless = registration(1, 1);
  homeless.broker.directories = {};
  EXPECT_EQ(code(decide(homeless)), Errc::invalid_request);
  EXPECT_EQ(image_->brokers().size(), 0u);
}

TEST_F(ControllerTest, OneLifeOfABrokerInOneEntry) {
  Batch batch(image_, next());
  EXPECT_TRUE(controller_->decide(batch, registration(1, 1), now_)[0]);
  auto second = controller_->decide(batch, registration(1, 2), now_);
  EXPECT_EQ(code(second), Errc::broker_not_available);
  EXPECT_TRUE(is_retriable(second[0].error().code));
}

TEST_F(ControllerTest, IdIsTakenWhileTheOldSessionLivesOnOtherDisks) {
  register_and_unfence(1);
  const auto other = id_of<DirectoryId>(77);
  EXPECT_EQ(code(decide(registration(1, 2, {other}))), Errc::wrong_owner);
  // On the same first directory the old process is dead.
  EXPECT_EQ(code(decide(registration(1, 3))), Errc::none);
  now_ += milliseconds(3001);
  EXPECT_EQ(code(decide(registration(1, 4, {other}))), Errc::none);
}

TEST_F(ControllerTest, UnfencesOnlyWhoHasSeenItsRegistration) {
  decide(registration(1, 1));
  const auto epoch = image_->broker(BrokerId(1))->epoch;
  auto items = decide(BrokerHeartbeat{BrokerId(1), epoch, Offset(epoch.value() - 1)});
  EXPECT_TRUE(std::get<HeartbeatState>(*items[0]).fenced);
  EXPECT_FALSE(std::get<HeartbeatState>(*items[0]).caught_up);
  items = decide(BrokerHeartbeat{BrokerId(1), epoch, Offset(epoch.value())});
  EXPECT_FALSE(std::get<HeartbeatState>(*items[0]).fenced);
  EXPECT_FALSE(image_->broker(BrokerId(1))->fenced);
  EXPECT_EQ(code(decide(BrokerHeartbeat{BrokerId(1), BrokerEpoch(99), Offset(99)})),
            Errc::stale_broker_epoch);
  EXPECT_EQ(code(decide(BrokerHeartbeat{BrokerId(9), epoch, Offset(99)})),
            Errc::stale_broker_epoch);
}

TEST_F(ControllerTest, SessionsEnd) {
  const auto epoch = register_and_unfence(1);
  now_ += milliseconds(2000);
  decide(BrokerHeartbeat{BrokerId(1), epoch, image_->offset()});
  EXPECT_EQ(controller_->next_expiry(), now_ + milliseconds(3000));
  now_ += milliseconds(2999);
  Batch early(image_, next());
  controller_->expire(early, now_);
  EXPECT_TRUE(early.records().empty());
  now_ += milliseconds(1);
  Batch late(image_, next());
  controller_->expire(late, now_);
  commit(late);
  EXPECT_TRUE(image_->broker(BrokerId(1))->fenced);
  EXPECT_EQ(controller_->next_expiry(), env::kNever);
}

// A restart of the only broker: no leader epoch spans two lives (R13), and all is led again.
TEST_F(ControllerTest, RestartOfALoneBrokerBeginsNewLeaderEpochs) {
  register_and_unfence(1);
  create("orders", 2);
  EXPECT_EQ(partition("orders").leader, BrokerId(1));
  const auto before = partition("orders").leader_epoch;
  decide(registration(1, 2));
  EXPECT_EQ(partition("orders").leader, kNoBroker);
  EXPECT_THAT(partition("orders").in_sync, ElementsAre(BrokerId(1)));
  const auto epoch = image_->broker(BrokerId(1))->epoch;
  decide(BrokerHeartbeat{BrokerId(1), epoch, image_->offset()});
  for (std::int32_t i = 0; i < 2; i++) {
    EXPECT_EQ(partition("orders", i).leader, BrokerId(1));
    EXPECT_GT(partition("orders", i).leader_epoch, before);
  }
}

TEST_F(ControllerTest, FencingMovesLeadershipAndKeepsTheMinimum) {
  for (std::int32_t id = 1; id <= 3; id++) register_and_unfence(id);
  create("orders", 1, 3);
  const BrokerId leader = partition("orders").leader;
  const auto epoch_of = [&](BrokerId id) { return image_->broker(id)->epoch; };
  decide(BrokerHeartbeat{leader, epoch_of(leader), image_->offset(), true});
  // In this order: sets and leaders first, the fence last.
  EXPECT_TRUE(std::holds_alternative<PartitionChangeRecord>(last_records_.front()));
  EXPECT_TRUE(std::holds_alternative<BrokerRegistrationChangeRecord>(last_records_.back()));
  const BrokerId second = partition("orders").leader;
  EXPECT_NE(second, leader);
  EXPECT_EQ(partition("orders").in_sync.size(), 2u);
  EXPECT_TRUE(partition("orders").eligible.empty());
  // Below the minimum of 2: whoever leaves holds everything committed.
  decide(BrokerHeartbeat{second, epoch_of(second), image_->offset(), true});
  EXPECT_EQ(partition("orders").in_sync.size(), 1u);
  EXPECT_THAT(partition("orders").eligible, ElementsAre(second));
  const BrokerId third = partition("orders").leader;
  decide(BrokerHeartbeat{third, epoch_of(third), image_->offset(), true});
  EXPECT_EQ(partition("orders").leader, kNoBroker);
  EXPECT_THAT(partition("orders").in_sync, ElementsAre(third));
  // The eligible one comes back first, and leads.
  decide(BrokerHeartbeat{second, epoch_of(second), image_->offset()});
  EXPECT_EQ(partition("orders").leader, second);
  EXPECT_THAT(partition("orders").in_sync, ElementsAre(second));
  // So does the last one, which nothing was committed without.
  EXPECT_THAT(partition("orders").eligible, ElementsAre(third));
}

// R13: what an end without a clean stop does depends on how the topic keeps its records.
TEST_F(ControllerTest, UncleanRestartCountsAgainstReplicatedTopicsOnly) {
  struct Case {
    const char* durability;
    bool clean;
    bool cut;
    bool eligible;
  };
  const Case cases[] = {{"synced", true, false, true},
                        {"synced", false, false, true},
                        {"synced", false, true, false},
                        {"replicated", true, false, true},
                        {"replicated", false, false, false}};
  for (std::int32_t id = 1; id <= 2; id++) register_and_unfence(id);
  std::uint8_t incarnation = 10;
  for (const Case& c : cases) {
    const std::string name = fmt::format("t{}", incarnation);
    create(name, 1, 2, {{"durability", c.durability}});
    auto again = registration(2, incarnation++);
    if (c.clean) again.clean_stop_epoch = image_->broker(BrokerId(2))->epoch;
    if (c.cut) again.cut = {{image_->topic(name)->id, 0}};
    ASSERT_TRUE(decide(again)[0]);
    EXPECT_EQ(partition(name).leader, BrokerId(1));
    EXPECT_THAT(partition(name).in_sync, ElementsAre(BrokerId(1)));
    EXPECT_EQ(partition(name).eligible.size(), c.eligible ? 1u : 0u) << name;
    EXPECT_EQ(partition(name).last_known_eligible.size(), c.eligible ? 0u : 1u) << name;
    decide(BrokerHeartbeat{BrokerId(2), image_->broker(BrokerId(2))->epoch, image_->offset()});
    decide(DeleteTopics{{{image_->topic(name)->id, ""}}});
  }
}

TEST_F(ControllerTest, ControlledShutdownIsGrantedOnceNothingIsLed) {
  for (std::int32_t id = 1; id <= 2; id++) register_and_unfence(id);
  create("orders", 4, 2);
  const auto epoch = image_->broker(BrokerId(1))->epoch;
  const auto granted = [&] {
    const auto items = decide(BrokerHeartbeat{BrokerId(1), epoch, image_->offset(), false, true});
    return std::get<HeartbeatState>(*items[0]).may_shut_down;
  };
  EXPECT_FALSE(granted()) << "the other one does not know yet that it leads";
  EXPECT_TRUE(image_->broker(BrokerId(1))->in_controlled_shutdown);
  const Offset left_at = image_->offset();
  EXPECT_FALSE(granted());
  EXPECT_TRUE(last_records_.empty());
  const auto other = image_->broker(BrokerId(2))->epoch;
  decide(BrokerHeartbeat{BrokerId(2), other, Offset(left_at.value() - 1)});
  EXPECT_FALSE(granted());
  decide(BrokerHeartbeat{BrokerId(2), other, left_at});
  EXPECT_TRUE(granted());
  for (std::int32_t i = 0; i < 4; i++) EXPECT_EQ(partition("orders", i).leader, BrokerId(2));
}

// It hears from the others first; then no new entry is needed.
TEST_F(ControllerTest, ANewControllerGrantsTheShutdownThatAnotherBegan) {
  for (std::int32_t id = 1; id <= 2; id++) register_and_unfence(id);
  create("orders", 4, 2);
  const auto asks = [&] {
    const auto epoch = image_->broker(BrokerId(1))->epoch;
    const auto items = decide(BrokerHeartbeat{BrokerId(1), epoch, image_->offset(), false, true});
    return std::get<HeartbeatState>(*items[0]).may_shut_down;
  };
  EXPECT_FALSE(asks());
  ControllerOptions options;
  options.cluster = kCluster;
  controller_.emplace(options, *image_, now_);
  EXPECT_FALSE(asks());
  decide(BrokerHeartbeat{BrokerId(2), image_->broker(BrokerId(2))->epoch, image_->offset()});
  EXPECT_TRUE(asks());
}

TEST_F(ControllerTest, ABrokerThatIsAloneMayShutDownAtOnce) {
  const auto epoch = register_and_unfence(1);
  create("orders", 2, 1);
  const auto items = decide(BrokerHeartbeat{BrokerId(1), epoch, image_->offset(), false, true});
  EXPECT_TRUE(std::get<HeartbeatState>(*items[0]).may_shut_down);
}

TEST_F(ControllerTest, NewTermGivesFullSessions) {
  register_and_unfence(1);
  now_ += milliseconds(2900);
  ControllerOptions options;
  options.cluster = kCluster;
  const Controller successor(options, *image_, now_);
  EXPECT_EQ(successor.next_expiry(), now_ + milliseconds(3000));
}

TEST_F(ControllerTest, CreatesTopics) {
  for (std::int32_t id = 1; id <= 4; id++) register_and_unfence(id);
  auto items = decide(
      CreateTopics{{{"defaults", -1, -1, {}}, {"six", 6, 2, {{"durability", "replicated"}}}}});
  const auto& defaults = std::get<TopicCreated>(*items[0]);
  EXPECT_EQ(defaults.partitions, 3);
  EXPECT_EQ(defaults.replication_factor, 3);  // min(3, brokers).
  const auto& six = std::get<TopicCreated>(*items[1]);
  EXPECT_EQ(image_->topic("six")->id, six.id);
  EXPECT_THAT(six.configs,
              ElementsAre(std::pair<std::string, std::string>("durability", "replicated")));
  std::map<BrokerId, int> leads;
  for (std::int32_t i = 0; i < 6; i++) {
    const auto& p = partition("six", i);
    EXPECT_EQ(p.replicas.size(), 2u);
    EXPECT_NE(p.replicas[0], p.replicas[1]);
    EXPECT_EQ(p.in_sync, p.replicas);
    EXPECT_EQ(p.durability, Durability::replicated);
    EXPECT_EQ(p.directories[0], image_->broker(p.replicas[0])->directories.front());
    leads[p.leader]++;
  }
  EXPECT_EQ(leads.size(), 4u);  // 6 leaders over 4 brokers: 2, 2, 1, 1.
  EXPECT_EQ(partition("defaults").durability, Durability::synced);
}

// Exactly as many as a broker may hold, and again when some are gone.
TEST_F(ControllerTest, GivesNoBrokerMorePartitionsThanItMayHold) {
  for (std::int32_t id = 1; id <= 2; id++) register_and_unfence(id);
  for (const char* const name : {"a", "b", "c", "d"}) create(name, 100, 1);
  create("e", 50, 2);
  auto items = decide(CreateTopics{{{"f", 1, 2, {}}}});
  ASSERT_EQ(code(items), Errc::policy_violation);
  EXPECT_THAT(items[0].error().context, HasSubstr("has 250 partitions"));
  EXPECT_THAT(items[0].error().context, HasSubstr("max_partitions is 250"));
  EXPECT_FALSE(is_retriable(items[0].error().code)) << "only an operator can change it";
  EXPECT_EQ(code(decide(CreateTopics{{{"f", 1, 1, {}}}, true})), Errc::policy_violation);
  EXPECT_TRUE(last_records_.empty());
  decide(DeleteTopics{{{image_->topic("e")->id, ""}}});
  EXPECT_EQ(code(decide(CreateTopics{{{"f", 51, 2, {}}}})), Errc::policy_violation);
  create("f", 100, 1);
}

TEST_F(ControllerTest, RefusesTopics) {
  EXPECT_EQ(code(decide(CreateTopics{{{"early", 1, 1, {}}}})), Errc::broker_not_available);
  register_and_unfence(1);
  create("taken");
  struct Case {
    NewTopic topic;
    Errc code;
  };
  const std::string longest(249, 'x');
  const Case cases[] = {
      {{"", 1, 1, {}}, Errc::invalid_topic},
      {{".", 1, 1, {}}, Errc::invalid_topic},
      {{"..", 1, 1, {}}, Errc::invalid_topic},
      {{"a/b", 1, 1, {}}, Errc::invalid_topic},
      {{"\xc3\xa4", 1, 1, {}}, Errc::invalid_topic},
      {{longest + "x", 1, 1, {}}, Errc::invalid_topic},
      {{longest, 1, 1, {}}, Errc::none},
      {{"taken", 1, 1, {}}, Errc::topic_already_exists},
      {{"t", 0, 1, {}}, Errc::invalid_partitions},
      {{"t", -2, 1, {}}, Errc::invalid_partitions},
      {{"t", 101, 1, {}}, Errc::invalid_partitions},
      {{"t", 1, 2, {}}, Errc::invalid_replication_factor},
      {{"t", 1, 0, {}}, Errc::invalid_replication_factor},
      {{"t", 1, -2, {}}, Errc::invalid_replication_factor},
      {{"t", 1, 1, {{"nope", "1"}}}, Errc::invalid_config},
      {{"t", 1, 1, {{"durability", "maybe"}}}, Errc::invalid_config},
      {{"t", 1, 1, {{"retention.ms", "-1"}, {"retention.ms", "-1"}}}, Errc::invalid_config}};
  for (const Case& c : cases) {
    EXPECT_EQ(code(decide(CreateTopics{{c.topic}})), c.code) << c.topic.name;
    if (c.code != Errc::none) EXPECT_TRUE(last_records_.empty());
  }
  // Twice in one request: neither; others are not concerned.
  auto items = decide(CreateTopics{{{"twice", 1, 1, {}}, {"ok", 1, 1, {}}, {"twice", 1, 1, {}}}});
  EXPECT_EQ(code(items, 0), Errc::invalid_request);
  EXPECT_EQ(code(items, 1), Errc::none);
  EXPECT_EQ(code(items, 2), Errc::invalid_request);
  EXPECT_EQ(image_->topic("twice"), nullptr);
}

TEST_F(ControllerTest, ValidateOnlyChangesNothing) {
  register_and_unfence(1);
  auto items = decide(CreateTopics{{{"dry", 3, -1, {}}}, true});
  EXPECT_EQ(std::get<TopicCreated>(*items[0]).partitions, 3);
  EXPECT_TRUE(last_records_.empty());
  create("wet");
  items = decide(SetConfigs{{{TopicRef{{}, "wet"}, "durability", "replicated"}}, true});
  EXPECT_TRUE(items[0]);
  EXPECT_TRUE(last_records_.empty());
}

TEST_F(ControllerTest, DeletesByIdOrName) {
  register_and_unfence(1);
  create("a");
  create("b");
  const TopicId a = image_->topic("a")->id;
  auto items = decide(DeleteTopics{{{a, ""}, {{}, "b"}, {a, ""}, {{}, "c"}}});
  EXPECT_EQ(code(items, 0), Errc::none);
  EXPECT_EQ(code(items, 1), Errc::none);
  EXPECT_EQ(code(items, 2), Errc::unknown_topic_id);
  EXPECT_EQ(code(items, 3), Errc::unknown_topic_or_partition);
  EXPECT_EQ(image_->topics().size(), 0u);
  create("a");  // The name is free again, the id is another.
  EXPECT_NE(image_->topic("a")->id, a);
}

// D5: a switch begins a new leader epoch, and `synced` is said only when all is synced.
TEST_F(ControllerTest, SwitchesDurabilityByWayOfSyncing) {
  const auto epoch = register_and_unfence(1);
  create("orders", 1, 1, {{"durability", "replicated"}});
  decide(SetConfigs{{{TopicRef{{}, "orders"}, "durability", "synced"}}});
  EXPECT_EQ(partition("orders").durability, Durability::syncing);
  EXPECT_EQ(partition("orders").leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(partition("orders").leader, BrokerId(1));
  const TopicPartition id{image_->topic("orders")->id, 0};
  EXPECT_EQ(code(decide(ReportSynced{BrokerId(1), epoch, id, LeaderEpoch(0)})),
            Errc::fenced_leader_epoch);
  EXPECT_EQ(code(decide(ReportSynced{BrokerId(1), BrokerEpoch(77), id, LeaderEpoch(1)})),
            Errc::stale_broker_epoch);
  EXPECT_EQ(partition("orders").durability, Durability::syncing);
  EXPECT_EQ(code(decide(ReportSynced{BrokerId(1), epoch, id, LeaderEpoch(1)})), Errc::none);
  EXPECT_EQ(partition("orders").durability, Durability::synced);
  EXPECT_EQ(partition("orders").leader_epoch, LeaderEpoch(1));
  // Back: at once. The same again: nothing.
  decide(SetConfigs{{{TopicRef{{}, "orders"}, "durability", "replicated"}}});
  EXPECT_EQ(partition("orders").durability, Durability::replicated);
  EXPECT_EQ(partition("orders").leader_epoch, LeaderEpoch(2));
  decide(SetConfigs{{{TopicRef{{}, "orders"}, "durability", "replicated"}}});
  EXPECT_EQ(partition("orders").leader_epoch, LeaderEpoch(2));
  // A cluster setting concerns the topics without one of their own.
  create("plain");
  decide(SetConfigs{{{ClusterScope{}, "durability", "replicated"}}});
  EXPECT_EQ(partition("plain").durability, Durability::replicated);
  decide(SetConfigs{{{TopicRef{{}, "plain"}, "durability", "synced"},
                     {TopicRef{{}, "plain"}, "durability", std::nullopt}}});
  EXPECT_EQ(partition("plain").durability, Durability::replicated);
}

TEST_F(ControllerTest, AnotherMinimumClearsTheEligible) {
  for (std::int32_t id = 1; id <= 2; id++) register_and_unfence(id);
  create("orders", 1, 2);
  decide(BrokerHeartbeat{BrokerId(2), image_->broker(BrokerId(2))->epoch, image_->offset(), true});
  ASSERT_EQ(partition("orders").eligible.size(), 1u);
  decide(SetConfigs{{{TopicRef{{}, "orders"}, "min.insync.replicas", "1"}}});
  EXPECT_TRUE(partition("orders").eligible.empty());
}

TEST_F(ControllerTest, RefusesSettings) {
  register_and_unfence(1);
  create("orders");
  auto items = decide(SetConfigs{{{TopicRef{{}, "nope"}, "durability", "synced"},
                                  {TopicRef{{}, "orders"}, "durabilty", "synced"},
                                  {TopicRef{{}, "orders"}, "durabilty", std::nullopt},
                                  {TopicRef{{}, "orders"}, "segment.bytes", "1"},
                                  {BrokerId(1), "durability", "synced"}}});
  EXPECT_EQ(code(items, 0), Errc::unknown_topic_or_partition);
  EXPECT_EQ(code(items, 1), Errc::invalid_config);
  EXPECT_THAT(items[1].error().context, HasSubstr("did you mean durability?"));
  EXPECT_EQ(code(items, 2), Errc::invalid_config);
  EXPECT_EQ(code(items, 3), Errc::invalid_config);
  EXPECT_EQ(code(items, 4), Errc::invalid_config);
  EXPECT_TRUE(last_records_.empty());
}

TEST_F(ControllerTest, ProducerIdBlocksFollowEachOther) {
  const auto epoch = register_and_unfence(1);
  for (const std::int64_t first : {0, 1000, 2000}) {
    auto items = decide(AllocateProducerIds{BrokerId(1), epoch});
    const auto& block = std::get<ProducerIdBlock>(*items[0]);
    EXPECT_EQ(block.first, ProducerId(first));
    EXPECT_EQ(block.count, 1000);
  }
  EXPECT_EQ(code(decide(AllocateProducerIds{BrokerId(1), BrokerEpoch(1)})),
            Errc::stale_broker_epoch);
}

// M6's second half: events in one batch see each other.
TEST_F(ControllerTest, DecidesAgainstTheBatchSoFar) {
  register_and_unfence(1);
  Batch batch(image_, next());
  EXPECT_TRUE(controller_->decide(batch, CreateTopics{{{"a", 1, 1, {}}}}, now_)[0]);
  auto second = controller_->decide(batch, CreateTopics{{{"a", 1, 1, {}}}}, now_);
  EXPECT_EQ(code(second), Errc::topic_already_exists);
  EXPECT_TRUE(controller_->decide(batch, DeleteTopics{{{{}, "a"}}}, now_)[0]);
  EXPECT_TRUE(controller_->decide(batch, CreateTopics{{{"a", 1, 1, {}}}}, now_)[0]);
  commit(batch);
  EXPECT_EQ(image_->topics().size(), 1u);
}

}  // namespace
}  // namespace ropewalk::controller
