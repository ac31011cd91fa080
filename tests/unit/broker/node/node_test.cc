// A broker's metadata side whole, with the real quorum on a simulated disk: registered, let in,
// told what to lead, and the same again after every kind of end.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/node/active_controller.h"
#include "broker/node/membership.h"
#include "broker/node/replica_reconciler.h"
#include "broker/quorum/raft_quorum.h"
#include "common/env/sim/simulation.h"
#include "tests/support/ids.h"

namespace ropewalk::node {
namespace {

class RecordingSink final : public metadata::ReplicaSink {
 public:
  void become_leader(const metadata::ImagePtr&, const metadata::TopicPtr& topic,
                     const metadata::PartitionPtr& state, const DirectoryId& directory) override {
    EXPECT_EQ(directory, id_of<DirectoryId>(2));
    leads[{topic->id, state->index.value()}] = state->leader_epoch;
  }
  void become_follower(const metadata::ImagePtr&, const metadata::TopicPtr& topic,
                       const metadata::PartitionPtr& state, const DirectoryId&) override {
    leads.erase({topic->id, state->index.value()});
  }
  void remove(const TopicPartition& partition) override {
    leads.erase(partition);
    removed.insert(partition);
  }
  void limit_catch_up(std::optional<std::int64_t> bytes_per_second) override {
    rates.push_back(bytes_per_second);
  }
  std::vector<std::optional<std::int64_t>> rates;
  std::map<TopicPartition, LeaderEpoch> leads;
  std::set<TopicPartition> removed;
};

// One life of a broker.
struct Life {
  Life(sim::Node& node, std::uint8_t incarnation, std::optional<BrokerEpoch> clean_stop)
      : environment(node.environment()),
        files(*environment.open_file_system({.root = "/data/quorum", .threads = 2})),
        view(environment),
        machine(view),
        quorum(environment, *files, nobody, quorum_options()),
        controller(environment, quorum, view, controller_options()),
        reconciler(BrokerId(1), sink),
        membership(environment, controller, view, membership_options(incarnation, clean_stop)) {
    quorum.attach(machine);
    machine.add_listener(controller);
    machine.add_listener(reconciler);
  }
  static quorum::QuorumOptions quorum_options() {
    quorum::QuorumOptions options;
    options.cluster = id_of<ClusterId>(1);
    options.node = BrokerId(1);
    options.directory = id_of<DirectoryId>(2);
    options.may_format = true;
    options.snapshot_after_bytes = 3000;
    options.segment_bytes = 8000;
    return options;
  }
  static ActiveControllerOptions controller_options() {
    ActiveControllerOptions options;
    options.self = BrokerId(1);
    options.controller.cluster = id_of<ClusterId>(1);
    return options;
  }
  static MembershipOptions membership_options(std::uint8_t incarnation,
                                              std::optional<BrokerEpoch> clean_stop) {
    MembershipOptions options;
    auto& registration = options.registration;
    registration.cluster = id_of<ClusterId>(1);
    registration.broker.id = BrokerId(1);
    registration.broker.incarnation = id_of<IncarnationId>(incarnation);
    registration.broker.directories = {id_of<DirectoryId>(2)};
    registration.broker.features = {
        {controller::kMetadataVersionFeature, 1, controller::kMetadataVersion}};
    registration.clean_stop_epoch = clean_stop;
    return options;
  }
  Task<Result<void>> start(std::vector<TopicPartition> on_disk) {
    CO_TRY_VOID(co_await quorum.start());
    const auto deadline = environment.now() + std::chrono::seconds(60);
    CO_TRY_VOID(co_await membership.register_now(deadline));
    reconciler.begin(view.get(), on_disk);
    co_return co_await membership.unfence(deadline);
  }
  Task<void> stop() {
    co_await membership.stop();
    reconciler.stop();
    co_await controller.stop();
    co_await quorum.stop();
  }
  Task<Result<metadata::ControllerAnswer>> propose(metadata::ControllerEvent event) {
    const auto deadline = environment.now() + std::chrono::seconds(60);
    co_return co_await controller.propose(std::move(event), deadline);
  }

  env::Environment& environment;
  RecordingSink sink;
  std::unique_ptr<env::FileSystem> files;
  metadata::MetadataView view;
  metadata::MetadataMachine machine;
  quorum::NoTransport nobody;
  quorum::RaftQuorum quorum;
  ActiveController controller;
  ReplicaReconciler reconciler;
  Membership membership;
};

class NodeTest : public ::testing::Test {
 protected:
  NodeTest() : simulation_(sim::seed_from_environment(1)), node_(simulation_.add_node("a")) {}

  std::unique_ptr<Life> begin(std::optional<BrokerEpoch> clean_stop = std::nullopt,
                              std::vector<TopicPartition> on_disk = {}) {
    auto life = std::make_unique<Life>(node_, next_incarnation_++, clean_stop);
    auto started = simulation_.run(life->environment.control_core(), life->start(on_disk));
    EXPECT_TRUE(started) << to_string(started.error());
    return life;
  }
  std::vector<Result<metadata::ItemAnswer>> propose(Life& life, metadata::ControllerEvent event) {
    auto answer = simulation_.run(life.environment.core(0), life.propose(std::move(event)));
    EXPECT_TRUE(answer) << to_string(answer.error());
    return answer ? std::move(answer->items) : std::vector<Result<metadata::ItemAnswer>>{};
  }
  TopicId create(Life& life, const std::string& name, std::int32_t partitions) {
    auto items = propose(life, metadata::CreateTopics{{{name, partitions, -1, {}}}});
    EXPECT_TRUE(items.at(0)) << to_string(items[0].error());
    return std::get<metadata::TopicCreated>(*items[0]).id;
  }

  sim::Simulation simulation_;
  sim::Node& node_;
  std::uint8_t next_incarnation_ = 1;
};

TEST_F(NodeTest, LeadsWhatIsCreatedAndForgetsWhatIsDeleted) {
  auto life = begin();
  const TopicId id = create(*life, "orders", 3);
  EXPECT_EQ(life->sink.leads.size(), 3u);
  EXPECT_EQ(life->sink.leads.at({id, 2}), LeaderEpoch(0));
  propose(*life, metadata::SetConfigs{{{metadata::TopicRef{id, ""}, "durability", "replicated"}}});
  EXPECT_EQ(life->sink.leads.at({id, 2}), LeaderEpoch(1));
  propose(*life, metadata::DeleteTopics{{{id, ""}}});
  EXPECT_TRUE(life->sink.leads.empty());
  EXPECT_EQ(life->sink.removed.size(), 3u);
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
}

// It is told when it changes, and to a next life that it is so.
TEST_F(NodeTest, LimitsWhatCatchesUp) {
  auto life = begin();
  const metadata::ConfigChange limit{BrokerId(1), "follower.replication.throttled.rate", "1000"};
  EXPECT_TRUE(propose(*life, metadata::SetConfigs{{limit}}).at(0));
  create(*life, "orders", 1);
  EXPECT_THAT(life->sink.rates, testing::ElementsAre(1000));
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
  life.reset();
  life = begin();
  const metadata::ConfigChange free{BrokerId(1), limit.key, std::nullopt};
  EXPECT_TRUE(propose(*life, metadata::SetConfigs{{free}}).at(0));
  EXPECT_THAT(life->sink.rates, testing::ElementsAre(1000, std::nullopt));
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
}

TEST_F(NodeTest, LeadsThePartitionsThatATopicGrowsByAlsoInItsNextLife) {
  auto life = begin();
  const TopicId id = create(*life, "orders", 1);
  const metadata::CreatePartitions grow{{{{id, ""}, 3}}};
  EXPECT_TRUE(propose(*life, grow).at(0));
  EXPECT_EQ(life->sink.leads.size(), 3u);
  EXPECT_EQ(life->sink.leads.at({id, 2}), LeaderEpoch(0));
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
  life.reset();
  life = begin(std::nullopt, {{id, 0}, {id, 1}, {id, 2}});
  EXPECT_EQ(life->sink.leads.size(), 3u);
  EXPECT_TRUE(life->sink.removed.empty());
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
}

TEST_F(NodeTest, RestartLeadsAgainUnderANewEpoch) {
  auto life = begin();
  const TopicId id = create(*life, "orders", 2);
  const BrokerEpoch first_epoch = life->membership.epoch();
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
  life.reset();

  const TopicPartition stray{id_of<TopicId>(77), 0};
  life = begin(first_epoch, {{id, 0}, stray});
  EXPECT_GT(life->membership.epoch(), first_epoch);
  // R13: no leader epoch spans two lives; and this one never leads under the old one's.
  EXPECT_EQ(life->sink.leads.size(), 2u);
  EXPECT_EQ(life->sink.leads.at({id, 0}), LeaderEpoch(2));
  EXPECT_EQ(life->sink.removed, std::set<TopicPartition>{stray});
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
}

TEST_F(NodeTest, LeaseIsKeptByHeartbeats) {
  auto life = begin();
  auto holds = [&] {
    auto answer = std::make_shared<bool>();
    life->environment.core(0).post(
        [&, answer] { *answer = life->membership.lease().holds(life->environment.boot_now()); });
    simulation_.run_for(std::chrono::milliseconds(1));
    return *answer;
  };
  EXPECT_TRUE(holds());
  simulation_.run_for(std::chrono::seconds(20));
  EXPECT_TRUE(holds());
  // A quorum that stands still takes the lease away (R8).
  node_.disk("/data/quorum").faults.sync_stall = 1.0;
  node_.disk("/data/quorum").faults.stall = std::chrono::seconds(30);
  std::shared_ptr<bool> done = std::make_shared<bool>();
  boost::asio::co_spawn(life->environment.core(0).executor(),
                        life->propose(metadata::CreateTopics{{{"slow", 1, 1, {}}}}),
                        [done](std::exception_ptr, auto) { *done = true; });
  simulation_.run_for(std::chrono::seconds(5));
  EXPECT_FALSE(holds());
  node_.kill();
}

TEST_F(NodeTest, StaleLifeIsExpelled) {
  auto life = begin();
  auto usurper = metadata::RegisterBroker();
  usurper.cluster = id_of<ClusterId>(1);
  usurper.broker.id = BrokerId(1);
  usurper.broker.incarnation = id_of<IncarnationId>(99);
  usurper.broker.directories = {id_of<DirectoryId>(2)};
  usurper.broker.features = {
      {controller::kMetadataVersionFeature, 1, controller::kMetadataVersion}};
  EXPECT_TRUE(propose(*life, usurper).at(0));
  auto items = propose(
      *life, metadata::BrokerHeartbeat{BrokerId(1), life->membership.epoch(), Offset(1000)});
  EXPECT_EQ(items.at(0).error().code, Errc::stale_broker_epoch);
  simulation_.run(life->environment.control_core(), life->stop());
  node_.kill();
}

Task<void> keep_creating(Life& life, std::shared_ptr<std::map<std::string, TopicId>> created,
                         std::shared_ptr<int> next) {
  for (;;) {
    const std::string name = fmt::format("topic-{}", (*next)++);
    metadata::ControllerEvent event = metadata::CreateTopics{{{name, 1, -1, {}}}};
    auto answer = co_await life.propose(std::move(event));
    if (!answer || !answer->items.at(0)) co_return;
    (*created)[name] = std::get<metadata::TopicCreated>(*answer->items[0]).id;
  }
}

// M5 over power cuts: a topic whose creation was answered is there afterwards, under its id.
TEST(NodePowerCuts, AnsweredChangesSurvive) {
  std::size_t created_in_all = 0;
  std::uint64_t cuts = 0;
  for (std::uint64_t seed = 1; seed <= 6; seed++) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    sim::Simulation simulation(seed);
    sim::Node& node = simulation.add_node("a");
    auto created = std::make_shared<std::map<std::string, TopicId>>();
    auto next = std::make_shared<int>(0);
    for (std::uint8_t round = 1; round <= 4; round++) {
      Life life(node, round, std::nullopt);
      auto started = simulation.run(life.environment.control_core(), life.start({}));
      ASSERT_TRUE(started) << to_string(started.error());
      auto image = std::make_shared<metadata::ImagePtr>();
      life.environment.control_core().post([&life, image] { *image = life.view.get(); });
      simulation.run_until([&] { return *image != nullptr; }, std::chrono::seconds(1));
      for (const auto& [name, id] : *created) {
        const auto* topic = (*image)->topic(name);
        ASSERT_NE(topic, nullptr) << name;
        EXPECT_EQ(topic->id, id);
        EXPECT_EQ(topic->partitions.front()->leader, BrokerId(1));
        EXPECT_TRUE(life.sink.leads.contains({id, 0}));
      }
      auto group = std::make_unique<env::TaskGroup>(life.environment.core(0));
      auto* tasks = group.get();
      life.environment.core(0).post([&life, tasks, created, next] {
        tasks->spawn("create", keep_creating(life, created, next));
        tasks->spawn("create", keep_creating(life, created, next));
      });
      simulation.run_for(std::chrono::milliseconds(simulation.random().below(500)));
      node.power_cut();
      group.reset();
    }
    created_in_all += created->size();
    cuts += simulation.counts().at("node.power_cut");
  }
  fmt::print("{} topics created over {} power cuts\n", created_in_all, cuts);
  EXPECT_GT(created_in_all, 100u);
}

}  // namespace
}  // namespace ropewalk::node
