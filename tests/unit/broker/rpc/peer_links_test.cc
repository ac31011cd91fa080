#include "broker/rpc/peer_links.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/rpc/peer_rig.h"

namespace ropewalk::rpc {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Broker 1 talks to broker 2.
class PeerLinking : public testing::Test {
 protected:
  ~PeerLinking() override {
    if (two_ && node_two_.alive()) two_->stop();
    if (one_ && node_one_.alive()) one_->stop();
  }

  void start_one() {
    one_ = std::make_unique<PeerBroker>(world_, node_one_, identity_of(1), options_);
  }
  void start_two(std::uint8_t life = 1) {
    two_ = std::make_unique<PeerBroker>(world_, node_two_, identity_of(2, life));
    two_->listen();
  }
  void start() {
    start_one();
    start_two();
  }
  void connect() {
    ASSERT_TRUE(one_->call(address_of(2), "are you there?"));
    ASSERT_THAT(one_->met, SizeIs(1));
  }
  const PeerLinkCounts& counts() { return one_->links->counts(); }
  template <class Predicate>
  bool until(Predicate predicate, sim::Duration limit = 5s) {
    return world_.run_until(predicate, limit);
  }

  PeerLinkOptions options_;
  sim::Simulation world_{sim::seed_from_environment(5)};
  sim::Node& node_one_ = world_.add_node("b1");
  sim::Node& node_two_ = world_.add_node("b2", {.cores = 2});
  std::unique_ptr<PeerBroker> one_;
  std::unique_ptr<PeerBroker> two_;
};

TEST_F(PeerLinking, AsksAndTells) {
  start();
  const auto answer = one_->call(address_of(2), "what?");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->text(), "what?");
  one_->send(address_of(2), "that");
  EXPECT_TRUE(until([&] { return !two_->told.empty(); }));
  EXPECT_THAT(two_->told, ElementsAre("that"));
  EXPECT_THAT(two_->peers, ElementsAre(identity_of(1)));
  EXPECT_THAT(one_->met, ElementsAre(identity_of(2)));
  EXPECT_EQ(counts().connected, 1u) << "both over one connection";
}

TEST_F(PeerLinking, KeepsTheOrderAlsoOfWhatWaitsForTheConnection) {
  start();
  std::vector<std::string> sent;
  for (int i = 0; i < 200; i++) {
    sent.push_back(fmt::format("{}", i));
    one_->send(address_of(2), sent.back());
    if (i % 20 == 19) world_.run_for(100us);
  }
  EXPECT_TRUE(until([&] { return two_->told.size() == sent.size(); }));
  EXPECT_EQ(two_->told, sent);
}

TEST_F(PeerLinking, CarriesLargeBodiesBothWays) {
  start();
  const std::string large(1 << 20, 'x');
  const auto answer = one_->call(address_of(2), large, 60s);
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->text(), large);
  one_->send(address_of(2), large);
  EXPECT_TRUE(until([&] { return two_->told == std::vector{large}; }, 60s));
}

TEST_F(PeerLinking, RefusesABodyThatIsTooLarge) {
  options_.frame_bytes_max = 1 << 20;
  start();
  const auto answer = one_->call(address_of(2), std::string(1 << 20, 'x'));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::message_too_large);
  EXPECT_TRUE(one_->call(address_of(2), std::string(900'000, 'x')));
}

TEST_F(PeerLinking, PassesOnTheErrorsOfTheOtherSide) {
  start();
  two_->answer = [](PeerRequest, PeerReply reply) {
    reply(fail(Errc::not_controller, "ask broker 3"));
  };
  const auto answer = one_->call(address_of(2), "");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::not_controller);
  EXPECT_THAT(answer.error().context, HasSubstr("ask broker 3"));
}

TEST_F(PeerLinking, TellsOfARefusedConnect) {
  start_one();
  world_.run_for(1s);
  const auto answer = one_->call(address_of(2), "");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::connection_refused);
  EXPECT_THAT(one_->refused, ElementsAre(std::pair(BrokerId(2), std::string("b2:9193"))));
}

// Also while nobody has anything to say: the closed connection is enough.
TEST_F(PeerLinking, NoticesADeadProcessInTensOfMilliseconds) {
  start();
  connect();
  world_.run_for(60s);
  const sim::Duration died = world_.now();
  node_two_.kill();
  EXPECT_TRUE(until([&] { return !one_->refused.empty(); }));
  EXPECT_LE(one_->refused_at - died, 20ms);
  EXPECT_THAT(one_->refused, ElementsAre(std::pair(BrokerId(2), std::string("b2:9193"))));
  world_.run_for(60s);
  EXPECT_EQ(counts().refused, 1u) << "nobody asks again without a reason";
}

TEST_F(PeerLinking, NoticesAProcessThatDiesRightAfterItHasConnected) {
  start();
  connect();
  node_two_.kill();
  const sim::Duration died = world_.now();
  EXPECT_TRUE(until([&] { return !one_->refused.empty(); }));
  EXPECT_LE(one_->refused_at - died, 60ms);
}

TEST_F(PeerLinking, NoticesACleanStop) {
  start();
  connect();
  world_.run_for(5s);
  two_->stop();
  EXPECT_TRUE(until([&] { return !one_->refused.empty(); }));
}

TEST_F(PeerLinking, NamesTheBrokerThatItMetWhereTheAddressDoesNot) {
  start();
  const PeerAddress anybody{kNoBroker, std::nullopt, {"b2", kPeerPort}};
  ASSERT_TRUE(one_->call(anybody, ""));
  node_two_.kill();
  EXPECT_TRUE(until([&] { return !one_->refused.empty(); }));
  EXPECT_THAT(one_->refused, ElementsAre(std::pair(BrokerId(2), std::string("b2:9193"))));
}

TEST_F(PeerLinking, ASilentBrokerIsNotADeadOne) {
  start();
  connect();
  world_.network().isolate("b2");
  for (int i = 0; i < 40; i++) {
    one_->send(address_of(2), "hello?");
    world_.run_for(250ms);
  }
  const auto answer = one_->call(address_of(2), "", 1s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::request_timed_out);
  EXPECT_THAT(one_->refused, IsEmpty());
  EXPECT_GT(counts().dropped, 0u);

  // Whatever TCP would still have tried: a connection that carried nothing was given up.
  two_->told.clear();
  world_.network().heal();
  const sim::Duration healed = world_.now();
  while (two_->told.empty() || two_->told.back() != "again") {
    one_->send(address_of(2), "again");
    world_.run_for(50ms);
    ASSERT_LT(world_.now() - healed, 4s);
  }
}

// It closes, and the fresh connection is taken.
TEST_F(PeerLinking, AResetOfTheConnectionIsNoDeath) {
  start();
  connect();
  for (int i = 0; i < 3; i++) {
    world_.run_for(5s);
    world_.network().reset_connections("b1");
    EXPECT_TRUE(until([&] { return counts().connected == static_cast<unsigned>(i) + 2; }, 100ms));
  }
  EXPECT_THAT(one_->refused, IsEmpty());
  EXPECT_TRUE(one_->call(address_of(2), ""));
}

TEST_F(PeerLinking, ARequestUnderWayEndsWithItsConnection) {
  start();
  std::optional<PeerReply> kept;
  two_->answer = [&kept](PeerRequest, PeerReply reply) { kept.emplace(std::move(reply)); };
  const sim::Duration began = world_.now();
  world_.world().schedule(began + 1s, nullptr,
                          [this] { world_.network().reset_connections("b1"); });
  const auto answer = one_->call(address_of(2), "", 60s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::closed);
  EXPECT_LT(world_.now() - began, 2s);
  EXPECT_TRUE(kept);
  kept.reset();
}

// The other machine lost its power without a word, and knows nothing of the connection.
TEST_F(PeerLinking, AHalfOpenConnectionIsMadeAnew) {
  start();
  connect();
  node_two_.power_cut();
  world_.run_for(1s);
  two_.reset();
  start_two(/*life=*/2);
  one_->send(address_of(2), "lost with the old connection");
  EXPECT_TRUE(until([&] { return counts().connected == 2; }));
  EXPECT_TRUE(one_->call(address_of(2), ""));
  EXPECT_THAT(one_->met, ElementsAre(identity_of(2), identity_of(2, 2)));
}

TEST_F(PeerLinking, AMachineWithoutPowerIsSilent) {
  start();
  connect();
  node_two_.power_cut();
  const auto answer = one_->call(address_of(2), "", 20s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::closed);
  EXPECT_THAT(answer.error().context, HasSubstr("is silent"));
  EXPECT_THAT(one_->refused, IsEmpty());
}

TEST_F(PeerLinking, DropsWhatASlowBrokerDoesNotTake) {
  options_.unsent_bytes_max = 1 << 20;
  options_.silence_max = 60s;
  start();
  connect();
  world_.network().set_link("b1", "b2", {.bytes_per_second = 1'000'000});
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 100; i++) one_->send(address_of(2), piece);
  world_.run_for(1ms);
  EXPECT_GT(counts().dropped, 80u);
  const auto crowded = one_->call(address_of(2), "");
  ASSERT_FALSE(crowded);
  EXPECT_EQ(crowded.error().code, Errc::budget_exceeded);
  const std::size_t arriving = 100 - counts().dropped;
  EXPECT_TRUE(until([&] { return two_->told.size() == arriving; }, 30s));
  EXPECT_TRUE(one_->call(address_of(2), "")) << "there is room again";
}

TEST_F(PeerLinking, BoundsTheRequestsUnderWay) {
  options_.calls_max = 2;
  start();
  std::vector<PeerReply> kept;
  two_->answer = [&kept](PeerRequest, PeerReply reply) { kept.push_back(std::move(reply)); };
  std::vector<Errc> ended;
  const auto ask = [](PeerBroker& broker, std::vector<Errc>& into) -> Task<void> {
    auto answer = co_await broker.links->call(address_of(2), internal::QUORUM_SNAPSHOT, {},
                                              broker.environment().now() + 10s);
    into.push_back(answer ? Errc::none : answer.error().code);
  };
  env::TaskGroup tasks(one_->core());
  for (int i = 0; i < 3; i++) tasks.spawn("ask", ask(*one_, ended));
  EXPECT_TRUE(until([&] { return kept.size() == 2; }));
  EXPECT_THAT(ended, ElementsAre(Errc::budget_exceeded));
  two_->here([&kept] {
    for (PeerReply& reply : kept) reply(SharedBytes());
  });
  EXPECT_TRUE(until([&] { return ended.size() == 3; }));
  EXPECT_THAT(ended, ElementsAre(Errc::budget_exceeded, Errc::none, Errc::none));
  two_->here([&kept] { kept.clear(); });
  world_.run(one_->core(), tasks.stop());
}

TEST_F(PeerLinking, ADeadlineEndsARequestAndNotTheConnection) {
  start();
  std::vector<PeerReply> kept;
  two_->answer = [&kept](PeerRequest request, PeerReply reply) {
    if (request.body.text() == "never") return kept.push_back(std::move(reply));
    reply(request.body);
  };
  connect();
  const auto answer = one_->call(address_of(2), "never", 10s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::request_timed_out);
  // Its late answer is nobody's.
  two_->here([&kept] { kept.at(0)(SharedBytes("late")); });
  const auto next = one_->call(address_of(2), "next");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->text(), "next");
  EXPECT_EQ(counts().connected, 1u);
  two_->here([&kept] { kept.clear(); });
  world_.run_for(1ms);
}

TEST_F(PeerLinking, RefusesWhoIsNotMeant) {
  start();
  PeerAddress wrong = address_of(2);
  wrong.broker = BrokerId(3);
  const auto other_broker = one_->call(wrong, "");
  ASSERT_FALSE(other_broker);
  EXPECT_EQ(other_broker.error().code, Errc::wrong_owner);
  wrong = address_of(2);
  wrong.directory = id_of<DirectoryId>(77);
  const auto other_disk = one_->call(wrong, "");
  ASSERT_FALSE(other_disk);
  EXPECT_EQ(other_disk.error().code, Errc::wrong_owner);
  EXPECT_TRUE(one_->call(address_of(2), "")) << "who is meant is not disturbed";
  EXPECT_THAT(one_->met, SizeIs(1));
  EXPECT_THAT(two_->asked, SizeIs(1));
}

TEST_F(PeerLinking, WaitsLongerAndLongerBetweenAttempts) {
  start_one();
  for (int i = 0; i < 1000; i++) {
    one_->send(address_of(2), "?");
    world_.run_for(10ms);
  }
  // In 10 s: 50, 100, 200, 400, 800 ms and then every second.
  EXPECT_GE(counts().refused, 10u);
  EXPECT_LE(counts().refused, 15u);
  start_two();
  EXPECT_TRUE(one_->call(address_of(2), "")) << "it is found again";
}

TEST_F(PeerLinking, DoesNotHurryForAPeerThatBreaksOffAtOnce) {
  start();
  connect();
  for (int i = 0; i < 500; i++) {
    world_.run_for(20ms);
    world_.network().reset_connections("b2");
  }
  EXPECT_LE(counts().connected, 15u);
}

// Somebody else's server: it says whatever it likes.
class Impostor {
 public:
  Impostor(sim::Simulation& world, sim::Node& node, std::string says) : says_(std::move(says)) {
    ServerOptions serving;
    serving.name = "impostor";
    serving.listen = {"0.0.0.0", kPeerPort};
    serving.framing = Framing::none;
    const auto sessions = [this](const Accepted& accepted) -> std::unique_ptr<Session> {
      return std::make_unique<Talk>(says_, accepted.outbox);
    };
    server_ = std::make_unique<Server>(node.environment(), serving, sessions);
    ENSURE(world.run(node.environment().core(0), server_->start()).has_value(), "listening");
  }
  Task<void> stop() { return server_->stop(); }

 private:
  struct Talk : Session {
    Talk(std::string text, std::weak_ptr<Outbox> to) : says(std::move(text)), outbox(to) {}
    void on_frames(std::span<const SharedBytes>) override {
      outbox.lock()->send({SharedBytes(says)});
    }
    void on_broken(const Error&) override {}
    std::optional<env::MonotonicTime> owes_since() const override { return std::nullopt; }
    bool is_busy() const override { return false; }
    void on_closed() override {}
    std::string says;
    std::weak_ptr<Outbox> outbox;
  };
  std::string says_;
  std::unique_ptr<Server> server_;
};

TEST_F(PeerLinking, GivesUpOnWhatIsNoBroker) {
  start_one();
  options_.frame_bytes_max = 1 << 20;
  const std::pair<std::string, Errc> cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", Errc::malformed_frame},
      {std::string("\x7f\x00\x00\x00", 4), Errc::frame_too_large},
      {std::string("\x00\x00\x00\x02\x05x", 6), Errc::malformed_frame},
      // An answer without a hello, one to nobody, and nothing at all.
      {std::string("\x00\x00\x00\x03\x02\x08\x01", 7), Errc::unsupported_version},
      {std::string("\x00\x00\x00\x03\x02\x08\x07", 7), Errc::malformed_frame},
      {std::string("\x00\x00", 2), Errc::request_timed_out},
  };
  for (const auto& [says, code] : cases) {
    Impostor impostor(world_, node_two_, says);
    const auto answer = one_->call(address_of(2), "");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, code) << to_string(answer.error());
    world_.run(node_two_.environment().core(0), impostor.stop());
    world_.run_for(2s);
  }
  EXPECT_THAT(one_->met, IsEmpty());
}

TEST_F(PeerLinking, AnAddressThatWasClosedIsForgotten) {
  start();
  connect();
  one_->here([this] { one_->links->close(address_of(2)); });
  EXPECT_TRUE(until([&] { return two_->server->connections() == 0; }));
  node_two_.kill();
  world_.run_for(5s);
  EXPECT_THAT(one_->refused, IsEmpty());
  EXPECT_EQ(counts().failed, 0u);
}

TEST_F(PeerLinking, MakesRoomForAnotherAddressWhereNothingGoesOn) {
  options_.links_max = 1;
  start();
  PeerAddress nowhere = address_of(2);
  nowhere.endpoint.port = 1;
  EXPECT_FALSE(one_->call(nowhere, ""));
  const auto too_many = one_->call(address_of(2), "");
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, Errc::budget_exceeded);
  world_.run_for(2s);  // It would try again there no earlier.
  EXPECT_TRUE(one_->call(address_of(2), ""));
}

TEST_F(PeerLinking, AStopEndsWhatIsUnderWay) {
  start();
  std::optional<PeerReply> kept;
  two_->answer = [&kept](PeerRequest, PeerReply reply) { kept.emplace(std::move(reply)); };
  std::vector<Errc> ended;
  const auto ask = [](PeerBroker& broker, std::int32_t whom,
                      std::vector<Errc>& into) -> Task<void> {
    auto answer = co_await broker.links->call(address_of(whom), internal::QUORUM_SNAPSHOT, {},
                                              broker.environment().now() + 60s);
    into.push_back(answer ? Errc::none : answer.error().code);
  };
  env::TaskGroup tasks(one_->core());
  world_.add_node("b3").power_cut();  // Nobody answers there.
  tasks.spawn("ask", ask(*one_, 2, ended));
  tasks.spawn("ask", ask(*one_, 3, ended));
  ASSERT_TRUE(until([&] { return kept.has_value(); }));
  const sim::Duration began = world_.now();
  world_.run(one_->core(), one_->links->stop());
  EXPECT_TRUE(until([&] { return ended.size() == 2; }));
  EXPECT_LT(world_.now() - began, 100ms);
  EXPECT_THAT(ended, testing::UnorderedElementsAre(Errc::closed, Errc::shutting_down));
  const auto later = one_->call(address_of(2), "");
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Errc::shutting_down);
  two_->here([&kept] { kept.reset(); });
  world_.run(one_->core(), tasks.stop());
}

TEST_F(PeerLinking, WhatArrivesIsInOrderHoweverConnectionsBreak) {
  start();
  world_.network().connection_loss = 0.01;
  for (int sent = 0; sent < 3000; sent++) {
    one_->send(address_of(2), fmt::format("{}", sent));
    if (sent % 5 == 0) world_.run_for(50ms);
  }
  EXPECT_GT(counts().connected, 3u);
  EXPECT_GT(two_->told.size(), 2000u);
  int last = -1;
  for (const std::string& text : two_->told) {
    EXPECT_GT(std::stoi(text), last);
    last = std::stoi(text);
  }
}

TEST_F(PeerLinking, NothingArrivesTwiceHoweverTheNetworkIsCut) {
  options_.silence_max = 500ms;
  start();
  for (int sent = 0; sent < 3000; sent++) {
    one_->send(address_of(2), fmt::format("{}", sent));
    if (sent % 5 != 0) continue;
    const std::uint64_t what = world_.random().below(20);
    if (what == 0) world_.network().cut("b1", "b2");
    if (what == 1) world_.network().cut("b2", "b1");
    if (what == 2 || what == 3) world_.network().heal();
    world_.run_for(50ms);
  }
  world_.network().heal();
  world_.run_for(5s);
  EXPECT_GT(counts().connected, 3u);
  EXPECT_GT(two_->told.size(), 200u);
  EXPECT_EQ(std::set(two_->told.begin(), two_->told.end()).size(), two_->told.size());
  EXPECT_THAT(one_->refused, IsEmpty());
}

// One that nobody uses sets no timer, on neither side but for the server's looks at the silent.
TEST_F(PeerLinking, IsNotPingedWhenNothingIsSent) {
  start();
  connect();
  world_.run_for(10s);
  telemetry::Page before;
  two_->server->show(before);
  world_.run_for(5min);
  telemetry::Page after;
  two_->server->show(after);
  EXPECT_EQ(before.text(), after.text()) << "bytes have come";
}

}  // namespace
}  // namespace ropewalk::rpc
