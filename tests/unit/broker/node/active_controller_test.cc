// M6's loop against a quorum that commits when the test says so.
#include "broker/node/active_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/log/stamped_batch.h"
#include "common/env/sim/simulation.h"
#include "tests/support/ids.h"

namespace ropewalk::node {
namespace {

using metadata::ControllerAnswer;
using metadata::CreateTopics;

// Holds appended batches until commit() or refuse().
class ScriptedQuorum final : public quorum::MetadataQuorum {
 public:
  explicit ScriptedQuorum(env::Core& core) : core_(core) {}
  void attach(quorum::StateMachine& machine) override { machine_ = &machine; }

  Task<Result<Offset>> append(Term expected, SharedBytes batch) override {
    EXPECT_EQ(expected, term);
    EXPECT_FALSE(pending_) << "M6: at most one uncommitted";
    pending_ = std::move(batch);
    appended++;
    env::OneShot<Result<Offset>> done(core_);
    done_.emplace(done);
    auto outcome = co_await done.wait_until(env::kNever);
    if (!outcome) co_return fail(outcome.error());
    co_return *outcome;
  }
  Task<Result<Offset>> read_barrier() override {
    barriers++;
    env::OneShot<Result<Offset>> done(core_);
    if (holds_barriers)
      barrier_.emplace(done);
    else
      done.set(last);
    auto outcome = co_await done.wait_until(env::kNever);
    if (!outcome) co_return fail(outcome.error());
    co_return *outcome;
  }
  Task<Result<Offset>> change_voters(Term expected, quorum::Voters voters) override {
    EXPECT_EQ(expected, term);
    EXPECT_FALSE(pending_) << "M6: at most one uncommitted";
    changes.push_back(std::move(voters));
    return append(expected, quorum::voters_batch(changes.back(), 0));
  }
  quorum::QuorumLook look() const override { return seen; }
  void resign(Term) override { resigned++; }

  bool has_pending() const { return pending_.has_value(); }
  void lead(Term now) {
    term = now;
    machine_->leader_changed(BrokerId(1), now);
  }
  void lose() { machine_->leader_changed(kNoBroker, term); }
  void commit() {
    last += 1;
    auto stamped = log::StampedBatch::stamp(*pending_, last, LeaderEpoch(term.value()));
    ASSERT_TRUE(stamped);
    auto batch = *std::exchange(pending_, std::nullopt);
    ASSERT_TRUE(machine_->apply(last, term, batch.span()));
    done_->set(last);
  }
  void answer_barrier(Result<Offset> outcome) { barrier_->set(std::move(outcome)); }
  void refuse(Error error) {
    pending_.reset();
    done_->set(fail(std::move(error)));
  }

  Offset last{0};
  Term term;
  int appended = 0;
  int resigned = 0;
  int barriers = 0;
  quorum::QuorumLook seen;
  std::vector<quorum::Voters> changes;
  bool holds_barriers = false;

 private:
  env::Core& core_;
  quorum::StateMachine* machine_ = nullptr;
  std::optional<SharedBytes> pending_;
  std::optional<env::OneShot<Result<Offset>>> done_;
  std::optional<env::OneShot<Result<Offset>>> barrier_;
};

using Answer = Result<ControllerAnswer>;
using AnswerSlot = std::shared_ptr<std::optional<Answer>>;

Task<void> ask(ActiveController& controller, metadata::ControllerEvent event,
               env::MonotonicTime deadline, AnswerSlot slot) {
  auto answer = co_await controller.propose(std::move(event), deadline);
  slot->emplace(std::move(answer));
}

class ActiveControllerTest : public ::testing::Test {
 protected:
  ActiveControllerTest()
      : simulation_(sim::seed_from_environment(1)),
        environment_(simulation_.add_node("a").environment()),
        quorum_(environment_.control_core()),
        view_(environment_),
        machine_(view_),
        controller_(environment_, quorum_, view_, options()),
        asking_(environment_.core(0)) {
    quorum_.attach(machine_);
    machine_.add_listener(controller_);
  }
  ~ActiveControllerTest() override {
    simulation_.run(environment_.core(0), asking_.stop());
    simulation_.run(environment_.control_core(), controller_.stop());
  }
  static ActiveControllerOptions options() {
    ActiveControllerOptions made;
    made.self = BrokerId(1);
    made.controller.cluster = id_of<ClusterId>(1);
    made.waiting_max = 4;
    return made;
  }
  template <class F>
  void on_control(F job) {
    environment_.control_core().post(std::move(job));
    settle();
  }
  void settle() { simulation_.run_for(std::chrono::milliseconds(1)); }
  void commit() {
    ASSERT_TRUE(quorum_.has_pending());
    on_control([this] { quorum_.commit(); });
  }
  // In office, with the first record committed.
  void take_office() {
    on_control([this] { quorum_.lead(Term(1)); });
    commit();
  }
  AnswerSlot propose(metadata::ControllerEvent event,
                     std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    auto slot = std::make_shared<std::optional<Answer>>();
    environment_.core(0).post([this, event, patience, slot]() mutable {
      asking_.spawn("ask", ask(controller_, std::move(event), environment_.now() + patience, slot));
    });
    settle();
    return slot;
  }
  metadata::RegisterBroker registration(std::uint8_t incarnation = 1) {
    metadata::RegisterBroker event;
    event.cluster = id_of<ClusterId>(1);
    event.broker.id = BrokerId(1);
    event.broker.incarnation = id_of<IncarnationId>(incarnation);
    event.broker.directories = {id_of<DirectoryId>(3)};
    event.broker.features = {
        {controller::kMetadataVersionFeature, 1, controller::kMetadataVersion}};
    return event;
  }
  // Pre: the event makes records.
  ControllerAnswer decided(metadata::ControllerEvent event) {
    const auto slot = propose(std::move(event));
    commit();
    EXPECT_TRUE(slot->has_value() && **slot);
    return slot->has_value() && **slot ? ***slot : ControllerAnswer{};
  }
  // Broker 1, unfenced.
  BrokerEpoch join() {
    const auto answer = decided(registration());
    const auto epoch = std::get<metadata::BrokerRegistered>(*answer.items.at(0)).epoch;
    decided(metadata::BrokerHeartbeat{BrokerId(1), epoch, Offset(100)});
    return epoch;
  }
  static CreateTopics topic(std::string name) {
    return CreateTopics{{{std::move(name), 1, 1, {}}}};
  }
  static Errc code(const AnswerSlot& slot) {
    return *slot ? (**slot ? Errc::none : (**slot).error().code) : Errc::would_block;
  }

  sim::Simulation simulation_;
  env::Environment& environment_;
  ScriptedQuorum quorum_;
  metadata::MetadataView view_;
  metadata::MetadataMachine machine_;
  ActiveController controller_;
  env::TaskGroup asking_;
};

TEST_F(ActiveControllerTest, NotControllerWithoutOffice) {
  EXPECT_EQ(code(propose(topic("a"))), Errc::not_controller);
}

// M6, and M5's answer: it carries the offset, and the image there shows it.
TEST_F(ActiveControllerTest, EventsWaitForTheBatchBefore) {
  take_office();
  join();
  const int before = quorum_.appended;
  auto a = propose(topic("a"));
  auto b = propose(topic("b"));
  auto b_again = propose(topic("b"));
  EXPECT_EQ(quorum_.appended, before + 1);
  EXPECT_EQ(code(a), Errc::would_block);  // Decided, not committed.
  commit();
  EXPECT_EQ(code(a), Errc::none);
  EXPECT_EQ((**a)->offset, quorum_.last);
  // The two that waited are one batch; the rejection waits with what it was decided on.
  EXPECT_EQ(quorum_.appended, before + 2);
  EXPECT_EQ(code(b), Errc::would_block);
  EXPECT_EQ(code(b_again), Errc::would_block);
  commit();
  EXPECT_EQ(code(b), Errc::none);
  ASSERT_EQ(code(b_again), Errc::none);
  EXPECT_EQ((**b_again)->items[0].error().code, Errc::topic_already_exists);
  EXPECT_EQ((**b_again)->offset, (**b)->offset);
}

TEST_F(ActiveControllerTest, WithoutRecordsTheAnswerLeavesOnceAMajorityConfirms) {
  take_office();
  join();
  quorum_.holds_barriers = true;
  auto refused = propose(CreateTopics{{{"bad/name", 1, 1, {}}}});
  EXPECT_EQ(code(refused), Errc::would_block);
  on_control([this] { quorum_.answer_barrier(quorum_.last); });
  ASSERT_EQ(code(refused), Errc::none);
  EXPECT_EQ((**refused)->items[0].error().code, Errc::invalid_topic);
}

// R8: whoever leads now may have fenced that broker already, so its lease must not grow.
TEST_F(ActiveControllerTest, ADeposedControllerAnswersNoHeartbeat) {
  take_office();
  const BrokerEpoch epoch = join();
  quorum_.holds_barriers = true;
  auto heartbeat = propose(metadata::BrokerHeartbeat{BrokerId(1), epoch, Offset(100)});
  EXPECT_EQ(code(heartbeat), Errc::would_block);
  on_control([this] { quorum_.answer_barrier(fail(Errc::not_controller, "deposed")); });
  EXPECT_EQ(code(heartbeat), Errc::not_controller);
}

TEST_F(ActiveControllerTest, LosingOfficeTellsWhoMayHaveBeenCommitted) {
  take_office();
  join();
  auto uncommitted = propose(topic("a"));
  auto waiting = propose(topic("b"));
  on_control([this] { quorum_.lose(); });
  EXPECT_EQ(code(waiting), Errc::not_controller);
  EXPECT_EQ(code(uncommitted), Errc::would_block);
  on_control([this] { quorum_.refuse({Errc::outcome_unknown, "the leader has gone"}); });
  EXPECT_EQ(code(uncommitted), Errc::outcome_unknown);
  EXPECT_EQ(code(propose(topic("c"))), Errc::not_controller);
}

TEST_F(ActiveControllerTest, FullDiskRefusesAndGoesOn) {
  take_office();
  join();
  auto refused = propose(topic("a"));
  on_control([this] { quorum_.refuse({Errc::disk_full, "no room"}); });
  EXPECT_EQ(code(refused), Errc::disk_full);
  auto again = propose(topic("a"));
  commit();
  ASSERT_EQ(code(again), Errc::none);
  EXPECT_TRUE((**again)->items[0]);  // Nothing of the first was left behind.
}

TEST_F(ActiveControllerTest, TheQueueHasABound) {
  take_office();
  join();
  std::vector<AnswerSlot> slots;
  for (int i = 0; i < 6; i++) slots.push_back(propose(topic(fmt::format("t{}", i))));
  EXPECT_EQ(code(slots[4]), Errc::would_block);  // One is being committed, four wait.
  EXPECT_EQ(code(slots[5]), Errc::budget_exceeded);
  commit();
  commit();
  for (int i = 0; i < 5; i++) EXPECT_EQ(code(slots[static_cast<std::size_t>(i)]), Errc::none);
}

TEST_F(ActiveControllerTest, DeadlinesEndAWait) {
  take_office();
  join();
  auto slow = propose(topic("a"), std::chrono::milliseconds(100));
  simulation_.run_for(std::chrono::milliseconds(200));
  EXPECT_EQ(code(slow), Errc::request_timed_out);
  commit();
}

// What the voters are is an entry of its own between two batches.
class VotersTest : public ActiveControllerTest {
 protected:
  void SetUp() override {
    take_office();
    join();
    for (const int id : {1, 2, 3}) {
      quorum::QuorumMember& member = quorum_.seen.members.emplace_back();
      member.replica = {BrokerId(id), id_of<DirectoryId>(static_cast<std::uint8_t>(id)), {}};
      member.votes = id < 3;
      member.alive = member.caught_up = true;
    }
  }
  static metadata::ChangeVoters without(int id) {
    return {metadata::VoterName{BrokerId(id), DirectoryId()}, std::nullopt};
  }
};

TEST_F(VotersTest, ChangeInTheirTurn) {
  auto before = propose(topic("a"));
  auto change = propose(without(2));
  auto after = propose(topic("b"));
  EXPECT_TRUE(quorum_.changes.empty());
  commit();
  EXPECT_EQ(code(before), Errc::none);
  ASSERT_EQ(quorum_.changes.size(), 1u);
  ASSERT_EQ(quorum_.changes[0].size(), 1u);
  EXPECT_EQ(code(change), Errc::would_block);
  EXPECT_EQ(code(after), Errc::would_block);
  commit();
  ASSERT_EQ(code(change), Errc::none);
  EXPECT_TRUE((**change)->items.at(0));
  EXPECT_EQ((**change)->offset, quorum_.last);
  commit();
  EXPECT_EQ(code(after), Errc::none);
}

TEST_F(VotersTest, RefusalsLeaveTheControllerInOffice) {
  auto refused = propose(without(9));
  ASSERT_EQ(code(refused), Errc::none);
  EXPECT_EQ((**refused)->items.at(0).error().code, Errc::not_found);
  auto by_the_log = propose(without(2));
  on_control([this] { quorum_.refuse({Errc::budget_exceeded, "another change"}); });
  ASSERT_EQ(code(by_the_log), Errc::none);
  EXPECT_EQ((**by_the_log)->items.at(0).error().code, Errc::budget_exceeded);
  decided(topic("a"));
  EXPECT_EQ(quorum_.resigned, 0);
}

// A controller whose vote is gone could not give it to the other one.
TEST_F(VotersTest, WhoGivesItsOwnVoteAwayHandsOverFirst) {
  quorum_.seen.members.clear();
  for (const int id : {1, 2, 3, 4, 5, 6}) {
    quorum::QuorumMember& member = quorum_.seen.members.emplace_back();
    member.replica = {BrokerId(id), id_of<DirectoryId>(static_cast<std::uint8_t>(id + 20)), {}};
    member.votes = id < 6;
    member.alive = member.caught_up = true;
    if (id == 1) continue;  // Has joined.
    auto event = registration();
    event.broker.id = BrokerId(id);
    event.broker.incarnation = id_of<IncarnationId>(static_cast<std::uint8_t>(id + 10));
    event.broker.directories = {member.replica.directory};
    event.broker.names_voters = true;
    decided(event);
  }
  auto change = propose(metadata::ChangeVoters{metadata::VoterName{BrokerId(1), DirectoryId()},
                                               metadata::VoterName{BrokerId(6), DirectoryId()}});
  EXPECT_EQ(code(change), Errc::not_controller);
  EXPECT_EQ(quorum_.resigned, 1);
  EXPECT_TRUE(quorum_.changes.empty());
}

TEST_F(VotersTest, WhatMayBeCommittedIsLeftOpen) {
  auto change = propose(without(2));
  on_control([this] { quorum_.refuse({Errc::outcome_unknown, "leads no more"}); });
  EXPECT_EQ(code(change), Errc::outcome_unknown);
}

// It is a look, and waits for nothing.
TEST_F(VotersTest, AreShownAlsoWhileNothingIsCommitted) {
  auto stuck = propose(topic("a"));
  auto shown = propose(metadata::DescribeVoters());
  ASSERT_EQ(code(shown), Errc::none);
  const auto state = std::get<metadata::QuorumState>(*(**shown)->items.at(0));
  EXPECT_EQ(state.leader, BrokerId(1));
  EXPECT_EQ(state.replicas.size(), 3u);
  EXPECT_EQ(code(stuck), Errc::would_block);
  commit();
}

// M3: a refused connection says more than silence.
TEST_F(ActiveControllerTest, FencesWhoIsKnownToBeDead) {
  take_office();
  join();
  on_control([this] { controller_.broker_is_dead(BrokerId(1)); });
  ASSERT_TRUE(quorum_.has_pending());
  commit();
  auto image = std::make_shared<metadata::ImagePtr>();
  on_control([this, image] { *image = view_.get(); });
  EXPECT_TRUE((*image)->broker(BrokerId(1))->fenced);
  // Of whom nobody knows, nothing is said.
  on_control([this] { controller_.broker_is_dead(BrokerId(9)); });
  EXPECT_FALSE(quorum_.has_pending());
}

// It waited to be decided when its sender died.
TEST_F(ActiveControllerTest, AQueuedHeartbeatBringsNoDeadBrokerBack) {
  take_office();
  const BrokerEpoch epoch = join();
  propose(topic("a"));
  ASSERT_TRUE(quorum_.has_pending());
  auto heartbeat = propose(metadata::BrokerHeartbeat{BrokerId(1), epoch, Offset(100)});
  on_control([this] { controller_.broker_is_dead(BrokerId(1)); });
  commit();
  EXPECT_EQ(code(heartbeat), Errc::broker_not_available);
  commit();
  auto image = std::make_shared<metadata::ImagePtr>();
  on_control([this, image] { *image = view_.get(); });
  EXPECT_TRUE((*image)->broker(BrokerId(1))->fenced);
}

TEST_F(ActiveControllerTest, FencesWhoFallsSilent) {
  take_office();
  join();
  EXPECT_FALSE(quorum_.has_pending());
  simulation_.run_for(std::chrono::milliseconds(3500));
  commit();
  auto image = std::make_shared<metadata::ImagePtr>();
  on_control([this, image] { *image = view_.get(); });
  EXPECT_TRUE((*image)->broker(BrokerId(1))->fenced);
}

// R7: an operator hears of it.
TEST_F(ActiveControllerTest, CountsUncleanElections) {
  take_office();
  join();
  auto second = registration(2);
  second.broker.id = BrokerId(2);
  second.broker.directories = {id_of<DirectoryId>(4)};
  const auto answer = decided(second);
  const auto epoch = std::get<metadata::BrokerRegistered>(*answer.items.at(0)).epoch;
  decided(metadata::BrokerHeartbeat{BrokerId(2), epoch, Offset(100)});
  metadata::NewTopic topic;
  topic.name = "a";
  topic.assignments = {{0, {BrokerId(2), BrokerId(1)}}};
  topic.configs = {{"min.insync.replicas", "1"}, {"unclean.leader.election.enable", "true"}};
  const auto made = decided(CreateTopics{{topic}});
  const TopicId id = std::get<metadata::TopicCreated>(*made.items.at(0)).id;
  decided(metadata::AlterInSync{
      BrokerId(2),
      epoch,
      {{{id, 0}, LeaderEpoch(0), PartitionEpoch(0), {{BrokerId(2), second.broker.incarnation}}}}});
  decided(metadata::BrokerHeartbeat{BrokerId(2), epoch, Offset(100), true});
  auto text = std::make_shared<std::string>();
  on_control([this, text] {
    telemetry::Page page;
    controller_.show(page);
    *text = page.text();
  });
  EXPECT_THAT(*text,
              ::testing::HasSubstr("ropewalk_unclean_elections_total{cause=\"topic_allows\"} 1\n"));
}

}  // namespace
}  // namespace ropewalk::node
