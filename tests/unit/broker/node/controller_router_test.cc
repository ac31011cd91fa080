// The way to the controller, here and elsewhere, against controllers that answer when and what the
// test says.
#include "broker/node/controller_router.h"

#include <deque>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/metadata/controller_codec.h"
#include "broker/metadata/image.h"
#include "broker/node/broker_address.h"
#include "broker/node/controller_requests.h"
#include "common/env/sim/simulation.h"
#include "tests/support/ids.h"

namespace ropewalk::node {
namespace {

using metadata::BrokerHeartbeat;
using metadata::ControllerAnswer;
using metadata::ControllerEvent;
using metadata::CreateTopics;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

using Answer = Result<ControllerAnswer>;
using AnswerSlot = std::shared_ptr<std::optional<Answer>>;

constexpr BrokerId kSelf{1};
constexpr BrokerId kOther{2};
constexpr BrokerId kThird{3};

ControllerAnswer created(std::int64_t offset) {
  return {Offset(offset), {metadata::TopicCreated{id_of<TopicId>(1), 1, 1, {}}}};
}
ControllerAnswer alive(std::int64_t offset) {
  return {Offset(offset), {metadata::HeartbeatState{false, true, false}}};
}
CreateTopics topic() { return CreateTopics{{{"orders", 1, 1, {}}}}; }
BrokerHeartbeat heartbeat() { return {kSelf, BrokerEpoch(5), Offset(7)}; }

// This broker's own controller: keeps what it is asked until the test answers.
class HeldController final : public metadata::ControllerPort {
 public:
  explicit HeldController(env::Core& core) : core_(core) {}
  Task<Answer> propose(ControllerEvent event, env::MonotonicTime deadline) override {
    EXPECT_TRUE(core_.is_current());
    env::OneShot<Answer> done(core_);
    asked.push_back(std::move(event));
    waiting_.push_back(done);
    auto answer = co_await done.wait_until(deadline);
    if (!answer) co_return fail(answer.error());
    co_return *std::move(answer);
  }
  void answer(Answer with) {
    ASSERT_FALSE(waiting_.empty());
    waiting_.front().set(std::move(with));
    waiting_.pop_front();
  }
  std::vector<ControllerEvent> asked;

 private:
  env::Core& core_;
  std::deque<env::OneShot<Answer>> waiting_;
};

// The other brokers.
class HeldPeers final : public ControllerPeers {
 public:
  explicit HeldPeers(env::Core& core) : core_(core) {}
  std::optional<env::Endpoint> address_of(BrokerId broker) const override {
    const auto found = addresses.find(broker);
    return found == addresses.end() ? std::nullopt : std::optional(found->second);
  }
  Task<Result<SharedBytes>> ask(BrokerId broker, env::Endpoint at, SharedBytes event,
                                env::MonotonicTime deadline) override {
    EXPECT_TRUE(core_.is_current());
    EXPECT_EQ(at, addresses.at(broker));
    asked.push_back(broker);
    events.push_back(event);
    if (refusing) co_return fail(Errc::connection_refused, "the wire");
    env::OneShot<Result<SharedBytes>> done(core_);
    waiting_.push_back(done);
    auto body = co_await done.wait_until(deadline);
    if (!body) co_return fail(body.error());
    co_return *std::move(body);
  }
  // To the one that waits longest.
  void answer_bytes(Result<SharedBytes> body) {
    ASSERT_FALSE(waiting_.empty());
    waiting_.front().set(std::move(body));
    waiting_.pop_front();
  }
  void answer(const Answer& with) { answer_bytes(metadata::encode_answer(with)); }

  std::map<BrokerId, env::Endpoint> addresses{{kOther, {"b", 9193}}, {kThird, {"c", 9193}}};
  std::vector<BrokerId> asked;
  std::vector<SharedBytes> events;
  bool refusing = false;  // Nobody listens.

 private:
  env::Core& core_;
  std::deque<env::OneShot<Result<SharedBytes>>> waiting_;
};

Task<void> ask(ControllerRouter& router, ControllerEvent event, env::MonotonicTime deadline,
               AnswerSlot slot) {
  auto answer = co_await router.propose(std::move(event), deadline);
  slot->emplace(std::move(answer));
}

class ControllerRouterTest : public ::testing::Test {
 protected:
  ControllerRouterTest()
      : simulation_(sim::seed_from_environment(1)),
        environment_(simulation_.add_node("a").environment()),
        local_(environment_.control_core()),
        peers_(environment_.control_core()),
        router_(environment_, local_, peers_, {.self = kSelf, .proposals_max = 3}),
        asking_(environment_.core(0)) {}
  ~ControllerRouterTest() override {
    simulation_.run(environment_.control_core(), router_.stop());
    simulation_.run(environment_.core(0), asking_.stop());
  }
  void settle() { simulation_.run_for(milliseconds(1)); }
  // Longer than any pause.
  void wait() { simulation_.run_for(seconds(1)); }
  template <class F>
  void on_control(F job) {
    environment_.control_core().post(std::move(job));
    settle();
  }
  void elect(BrokerId leader) {
    on_control([this, leader] { router_.leader_changed(leader, Term(++term_)); });
  }
  // From a core that is not the controller's.
  AnswerSlot propose(ControllerEvent event, milliseconds patience = seconds(10)) {
    auto slot = std::make_shared<std::optional<Answer>>();
    environment_.core(0).post([this, event, patience, slot]() mutable {
      const auto deadline = environment_.now() + patience;
      asking_.spawn("ask", ask(router_, std::move(event), deadline, slot));
    });
    settle();
    return slot;
  }
  void answer_here(Answer with) {
    on_control([this, with] { local_.answer(with); });
  }
  void answer_there(Answer with) {
    on_control([this, with] { peers_.answer(with); });
  }
  void break_there(Errc with) {
    on_control([this, with] { peers_.answer_bytes(fail(with, "the wire")); });
  }
  static Errc code(const AnswerSlot& slot) {
    return *slot ? (**slot ? Errc::none : (**slot).error().code) : Errc::would_block;
  }

  sim::Simulation simulation_;
  env::Environment& environment_;
  HeldController local_;
  HeldPeers peers_;
  ControllerRouter router_;
  std::int32_t term_ = 0;
  env::TaskGroup asking_;
};

TEST_F(ControllerRouterTest, AsksTheControllerThatIsHere) {
  elect(kSelf);
  const auto slot = propose(topic());
  answer_here(created(8));
  ASSERT_EQ(code(slot), Errc::none);
  EXPECT_EQ((**slot)->offset, Offset(8));
  EXPECT_TRUE(local_.asked.at(0) == ControllerEvent(topic()));
  EXPECT_TRUE(peers_.asked.empty());
}

TEST_F(ControllerRouterTest, AsksTheControllerThatIsElsewhere) {
  elect(kOther);
  const auto slot = propose(topic());
  ASSERT_EQ(peers_.asked, std::vector{kOther});
  EXPECT_TRUE(*metadata::decode_event(peers_.events[0].text()) == ControllerEvent(topic()));
  answer_there(created(8));
  ASSERT_EQ(code(slot), Errc::none);
  EXPECT_EQ((**slot)->offset, Offset(8));
  EXPECT_TRUE(local_.asked.empty());
}

TEST_F(ControllerRouterTest, RefusalsComeAsTheyWereGiven) {
  elect(kOther);
  const auto item = propose(topic());
  answer_there(ControllerAnswer{Offset(3), {fail(Errc::topic_already_exists, "orders")}});
  ASSERT_EQ(code(item), Errc::none);
  EXPECT_EQ((**item)->items.at(0).error().code, Errc::topic_already_exists);
  const auto whole = propose(topic());
  answer_there(fail(Errc::budget_exceeded, "too many"));
  EXPECT_EQ(code(whole), Errc::budget_exceeded);
  EXPECT_EQ(peers_.asked.size(), 2U);
}

TEST_F(ControllerRouterTest, WaitsForAnElection) {
  const auto slot = propose(topic());
  wait();
  EXPECT_EQ(code(slot), Errc::would_block);
  elect(kOther);
  answer_there(created(8));
  EXPECT_EQ(code(slot), Errc::none);
}

// Nothing was decided, so that the caller may know it.
TEST_F(ControllerRouterTest, WithoutAnElectionNothingIsDecidedByTheDeadline) {
  const auto slot = propose(topic(), seconds(2));
  simulation_.run_for(milliseconds(1990));
  EXPECT_EQ(code(slot), Errc::would_block);
  wait();
  EXPECT_EQ(code(slot), Errc::not_controller);
}

TEST_F(ControllerRouterTest, GoesWhereTheControllerHasMovedTo) {
  elect(kSelf);
  const auto slot = propose(topic());
  elect(kOther);
  answer_here(fail(Errc::not_controller, "no more"));
  ASSERT_EQ(peers_.asked, std::vector{kOther});
  elect(kThird);
  answer_there(fail(Errc::not_controller, "no more"));
  ASSERT_EQ(peers_.asked, (std::vector{kOther, kThird}));
  answer_there(created(8));
  EXPECT_EQ(code(slot), Errc::none);
}

// The one that is asked may hear of its election later than others, or of its end earlier.
TEST_F(ControllerRouterTest, AsksAgainWhoHasDecidedNothing) {
  elect(kOther);
  const auto slot = propose(topic());
  answer_there(fail(Errc::not_controller, "not yet"));
  wait();
  ASSERT_EQ(peers_.asked.size(), 2U);
  answer_there(fail(Errc::shutting_down, "it stops"));
  wait();
  ASSERT_EQ(peers_.asked.size(), 3U);
  answer_there(created(8));
  EXPECT_EQ(code(slot), Errc::none);
}

TEST_F(ControllerRouterTest, AsksAgainWhenTheEventHasNotArrived) {
  elect(kOther);
  const auto slot = propose(topic());
  for (const Errc never : {Errc::connection_refused, Errc::request_timed_out, Errc::wrong_owner}) {
    break_there(never);
    EXPECT_EQ(code(slot), Errc::would_block) << to_string(never);
    wait();
  }
  ASSERT_EQ(peers_.asked.size(), 4U);
  answer_there(created(8));
  EXPECT_EQ(code(slot), Errc::none);
}

// 10, 20, 40, 80, 160 ms, then 200: neither a storm nor a long sleep.
TEST_F(ControllerRouterTest, PausesGrowUpToABound) {
  elect(kOther);
  peers_.refusing = true;
  const auto slot = propose(topic(), seconds(5));
  simulation_.run_for(milliseconds(320));
  EXPECT_EQ(peers_.asked.size(), 6U);
  simulation_.run_for(seconds(6));
  EXPECT_GT(peers_.asked.size(), 25U);
  EXPECT_LT(peers_.asked.size(), 32U);
  EXPECT_EQ(code(slot), Errc::not_controller);
  EXPECT_THAT((**slot).error().context, HasSubstr("the wire"));
}

// Its address comes with the metadata.
TEST_F(ControllerRouterTest, LooksAgainForAnAddressThatIsNotKnown) {
  peers_.addresses.erase(kOther);
  elect(kOther);
  const auto slot = propose(topic());
  wait();
  EXPECT_TRUE(peers_.asked.empty());
  on_control([this] { peers_.addresses[kOther] = {"d", 1}; });
  wait();
  answer_there(created(8));
  EXPECT_EQ(code(slot), Errc::none);
}

// A second time might make a second thing, or be refused as if the first had not been heard.
TEST_F(ControllerRouterTest, AChangeWhoseAnswerIsLostIsNotAskedForAgain) {
  elect(kOther);
  const auto lost = propose(topic());
  break_there(Errc::closed);
  EXPECT_EQ(code(lost), Errc::outcome_unknown);
  const auto unsure = propose(topic());
  answer_there(fail(Errc::outcome_unknown, "no longer the controller"));
  EXPECT_EQ(code(unsure), Errc::outcome_unknown);
  const auto unreadable = propose(topic());
  on_control([this] { peers_.answer_bytes(SharedBytes(std::string("\xff"))); });
  EXPECT_EQ(code(unreadable), Errc::outcome_unknown);
  const auto late = propose(topic(), seconds(1));
  simulation_.run_for(seconds(2));
  EXPECT_EQ(code(late), Errc::outcome_unknown);
  wait();
  EXPECT_EQ(peers_.asked.size(), 4U);
}

TEST_F(ControllerRouterTest, WhatDoesNoHarmTwiceIsAskedForAgain) {
  auto only_looked_at = topic();
  only_looked_at.validate_only = true;
  const std::vector<std::pair<ControllerEvent, ControllerAnswer>> harmless = {
      {heartbeat(), alive(8)},
      {metadata::RegisterBroker(), {Offset(8), {metadata::BrokerRegistered{BrokerEpoch(8)}}}},
      {only_looked_at, created(8)}};
  elect(kOther);
  for (const auto& [event, answer] : harmless) {
    peers_.asked.clear();
    const auto slot = propose(event);
    break_there(Errc::closed);
    wait();
    answer_there(fail(Errc::outcome_unknown, "no longer the controller"));
    wait();
    ASSERT_EQ(peers_.asked.size(), 3U) << event.index();
    answer_there(answer);
    EXPECT_EQ(code(slot), Errc::none) << event.index();
  }
  elect(kSelf);
  const auto slot = propose(heartbeat());
  answer_here(fail(Errc::outcome_unknown, "no longer the controller"));
  wait();
  answer_here(alive(8));
  EXPECT_EQ(code(slot), Errc::none);
}

TEST_F(ControllerRouterTest, ByTheDeadlineOfWhatWasAskedForAgainNobodyKnows) {
  elect(kOther);
  const auto slot = propose(heartbeat(), seconds(2));
  break_there(Errc::closed);
  simulation_.run_for(seconds(3));
  EXPECT_EQ(code(slot), Errc::request_timed_out);
}

// The lease must not run out while the old controller's connection is found to be dead.
TEST_F(ControllerRouterTest, AHeartbeatDoesNotWaitForAControllerThatLeadsNoMore) {
  elect(kOther);
  const auto beat = propose(heartbeat());
  const auto change = propose(topic());
  elect(kThird);
  ASSERT_EQ(peers_.asked, (std::vector{kOther, kOther, kThird}));
  on_control([this] {
    peers_.answer(alive(6));  // The old one, too late.
    peers_.answer(created(7));
    peers_.answer(alive(8));
  });
  ASSERT_EQ(code(beat), Errc::none);
  EXPECT_EQ((**beat)->offset, Offset(8));
  ASSERT_EQ(code(change), Errc::none);
  EXPECT_EQ((**change)->offset, Offset(7));
}

TEST_F(ControllerRouterTest, RefusesMoreThanMayWait) {
  const auto first = propose(topic());
  propose(topic());
  propose(topic());
  EXPECT_EQ(code(propose(topic())), Errc::budget_exceeded);
  elect(kSelf);
  answer_here(created(8));
  EXPECT_EQ(code(first), Errc::none);
  EXPECT_EQ(code(propose(topic())), Errc::would_block);
}

// A change that nobody was asked for may be asked for elsewhere.
TEST_F(ControllerRouterTest, StopTellsWhoWaits) {
  const auto waiting = propose(topic());
  simulation_.run(environment_.control_core(), router_.stop());
  settle();
  EXPECT_EQ(code(waiting), Errc::shutting_down);
  EXPECT_EQ(code(propose(topic())), Errc::shutting_down);
}

// It may come to pass all the same.
TEST_F(ControllerRouterTest, StopLeavesOpenWhatBecomesOfAChangeThatWasAskedFor) {
  elect(kOther);
  const auto asked = propose(topic());
  const auto beat = propose(heartbeat());
  simulation_.run(environment_.control_core(), router_.stop());
  settle();
  EXPECT_EQ(code(asked), Errc::outcome_unknown);
  EXPECT_EQ(code(beat), Errc::shutting_down);
}

// The other end.
class ControllerRequestsTest : public ControllerRouterTest {
 protected:
  ControllerRequestsTest() : requests_(environment_, local_) {}
  ~ControllerRequestsTest() override {
    simulation_.run(environment_.control_core(), requests_.stop());
  }
  using Body = std::shared_ptr<std::optional<Result<SharedBytes>>>;
  // On the core of a connection.
  Body handle(SharedBytes body, milliseconds patience = seconds(10)) {
    auto slot = std::make_shared<std::optional<Result<SharedBytes>>>();
    environment_.core(0).post([this, body, patience, slot] {
      requests_.handle(body, environment_.now() + patience,
                       [slot](Result<SharedBytes> reply) { slot->emplace(std::move(reply)); });
    });
    settle();
    return slot;
  }
  static Errc refusal(const Body& body) {
    if (!*body || !**body) return Errc::would_block;
    const auto answer = metadata::decode_answer((**body)->text(), topic());
    return !answer || *answer ? Errc::none : answer->error().code;
  }
  ControllerRequests requests_;
};

TEST_F(ControllerRequestsTest, HaveTheEventDecidedHere) {
  const auto body = handle(metadata::encode_event(topic()));
  EXPECT_FALSE(*body);
  ASSERT_EQ(local_.asked.size(), 1U);
  EXPECT_TRUE(local_.asked[0] == ControllerEvent(topic()));
  answer_here(created(8));
  ASSERT_TRUE(*body && **body);
  const auto answer = metadata::decode_answer((**body)->text(), topic());
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->offset, Offset(8));
}

TEST_F(ControllerRequestsTest, AnswerWhatCannotBeDecidedToo) {
  EXPECT_EQ(refusal(handle(SharedBytes(std::string("\xff")))), Errc::malformed_frame);
  EXPECT_EQ(refusal(handle(SharedBytes())), Errc::unsupported_version);
  const auto elsewhere = handle(metadata::encode_event(topic()));
  answer_here(fail(Errc::not_controller, "it is not this one"));
  EXPECT_EQ(refusal(elsewhere), Errc::not_controller);
  const auto late = handle(metadata::encode_event(topic()), seconds(1));
  simulation_.run_for(seconds(2));
  EXPECT_EQ(refusal(late), Errc::request_timed_out);
}

TEST_F(ControllerRequestsTest, StopAnswersAndRefuses) {
  const auto running = handle(metadata::encode_event(topic()));
  simulation_.run(environment_.control_core(), requests_.stop());
  settle();
  EXPECT_EQ(refusal(running), Errc::outcome_unknown);
  EXPECT_EQ(refusal(handle(metadata::encode_event(topic()))), Errc::shutting_down);
}

TEST(BrokerAddress, IsTheRegisteredOneElseTheVoters) {
  const quorum::Voters voters = {{kOther, id_of<DirectoryId>(1), {"v", 1}},
                                 {kThird, id_of<DirectoryId>(2), {}}};
  metadata::BrokerRegistration broker;
  broker.id = kOther;
  broker.incarnation = id_of<IncarnationId>(1);
  broker.listeners = {{"native", "n", 2}};
  const auto image_with = [](const metadata::BrokerRegistration& one) {
    metadata::ImageEditor editor(std::make_shared<const metadata::Image>(), Offset(1));
    EXPECT_TRUE(editor.apply(metadata::RegisterBrokerRecord{one}));
    return editor.finish();
  };
  EXPECT_EQ(broker_address(metadata::Image(), voters, kOther), (env::Endpoint{"v", 1}));
  EXPECT_EQ(broker_address(*image_with(broker), voters, kOther), (env::Endpoint{"v", 1}));
  broker.listeners.push_back({"broker", "r", 3});
  EXPECT_EQ(broker_address(*image_with(broker), voters, kOther), (env::Endpoint{"r", 3}));
  EXPECT_EQ(broker_address(*image_with(broker), voters, kThird), std::nullopt);
  EXPECT_EQ(broker_address(*image_with(broker), voters, kSelf), std::nullopt);
}

}  // namespace
}  // namespace ropewalk::node
