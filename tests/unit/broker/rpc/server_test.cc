#include "broker/rpc/server.h"

#include <gtest/gtest.h>

#include "common/env/lent_file.h"
#include "tests/unit/broker/rpc/raw_peer.h"

namespace ropewalk::rpc {
namespace {

using namespace std::chrono_literals;

// What all sessions of a test saw.
struct Seen {
  std::vector<std::size_t> turns;  // Frames of each.
  std::size_t frames = 0;
  std::string bytes;
  std::set<std::size_t> cores;
  std::size_t closed = 0;
  std::size_t reply_bytes = 0;  // Added to each echo.
  std::optional<env::MonotonicTime> owes_since;
  bool busy = false;
  std::optional<env::Chunk> also;  // Sent behind the next echo.
  bool heeds_answers = false;      // Asks whether there is room for another answer.
  std::size_t sent_away = 0;
};

// Sends every frame back.
class Echo final : public Session {
 public:
  Echo(Seen& seen, std::weak_ptr<Outbox> outbox) : seen_(seen), outbox_(std::move(outbox)) {}
  void on_frames(std::span<const SharedBytes> frames) override {
    seen_.turns.push_back(frames.size());
    seen_.frames += frames.size();
    seen_.cores.insert(outbox_.lock()->core().index());
    for (const auto& frame : frames) {
      seen_.bytes += frame.text();
      if (seen_.heeds_answers && outbox_.lock()->answers_are_full()) {
        seen_.sent_away++;
        outbox_.lock()->send({SharedBytes(framed("full"))});
        continue;
      }
      const std::string text = std::string(frame.text()) + std::string(seen_.reply_bytes, '.');
      outbox_.lock()->send({SharedBytes(framed(text))});
      if (seen_.also) outbox_.lock()->send({*std::exchange(seen_.also, std::nullopt)});
    }
  }
  void on_broken(const Error& error) override {
    outbox_.lock()->send({SharedBytes(framed(to_string(error)))});
  }
  std::optional<env::MonotonicTime> owes_since() const override { return seen_.owes_since; }
  bool is_busy() const override { return seen_.busy; }
  void on_closed() override { seen_.closed++; }

 private:
  Seen& seen_;
  std::weak_ptr<Outbox> outbox_;
};

class RpcServer : public testing::Test {
 protected:
  RpcServer() {
    options_.name = "native";
    options_.listen = {"0.0.0.0", 9192};
    options_.limits.frame_bytes_max = 1 << 20;
  }
  ~RpcServer() override {
    if (server_) world_.run(home(), server_->stop());
  }

  env::Core& home() { return broker_.environment().core(0); }
  void start() {
    auto echo = [this](const Accepted& accepted) -> std::unique_ptr<Session> {
      return std::make_unique<Echo>(seen_, accepted.outbox);
    };
    server_ = std::make_unique<Server>(broker_.environment(), options_, echo);
    ASSERT_TRUE(world_.run(home(), server_->start()));
  }
  RawPeer peer() { return RawPeer(world_, client_, {"broker", 9192}); }

  Seen seen_;
  ServerOptions options_;
  sim::Simulation world_{7};
  sim::Node& broker_ = world_.add_node("broker", {.cores = 2});
  sim::Node& client_ = world_.add_node("client");
  std::unique_ptr<Server> server_;
};

TEST_F(RpcServer, ReadsNoMoreAtATimeThanItsLimit) {
  options_.limits.read_bytes_max = 8;
  start();
  auto client = peer();
  client.send(framed("one") + framed("two") + framed("three"));
  EXPECT_EQ(client.read(), "one");
  EXPECT_EQ(client.read(), "two");
  EXPECT_EQ(client.read(), "three");
  EXPECT_EQ(seen_.turns.size(), 3u);  // Seven bytes each, but for the last.
}

TEST_F(RpcServer, HandsOverAllFramesOfOneReadAtOnce) {
  start();
  auto client = peer();
  client.send(framed("one") + framed("two") + framed("three"));
  EXPECT_EQ(client.read(), "one");
  EXPECT_EQ(client.read(), "two");
  EXPECT_EQ(client.read(), "three");
  EXPECT_LT(seen_.turns.size(), 3u);
}

TEST_F(RpcServer, LetsOthersRunBetweenTheThousandsOfFramesOfOneRead) {
  start();
  auto client = peer();
  std::string many;
  for (int i = 0; i < 1000; i++) many += framed(std::to_string(i));
  client.send(many + std::string(4, '\0'));
  for (int i = 0; i < 1000; i++) ASSERT_EQ(client.read(), std::to_string(i));
  EXPECT_THAT(client.read(), testing::HasSubstr("malformed_frame"));
  EXPECT_TRUE(client.closed());
  EXPECT_GE(seen_.turns.size(), 4u);
  EXPECT_LE(std::ranges::max(seen_.turns), 256u);
}

TEST_F(RpcServer, EchoesFramesOfAllSizes) {
  start();
  auto client = peer();
  for (const std::size_t size : {1u, 1000u, 20000u, 70000u, 300000u}) {
    client.send(framed(std::string(size, 'x')));
    EXPECT_EQ(client.read(), std::string(size, 'x'));
  }
}

TEST_F(RpcServer, ClosesOnWhatIsNoFrameAndDisturbsNobodyElse) {
  start();
  auto other = peer();
  const std::pair<std::string, std::string> cases[] = {
      {std::string(4, '\0'), "malformed_frame"},
      {"\xff\xff\xff\xff", "malformed_frame"},
      {std::string("\x00\x10\x00\x01", 4), "frame_too_large"},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP"},
      {std::string("\x16\x03\x01\x02\x00\x01\x00", 7), "TLS"},
  };
  for (const auto& [bytes, words] : cases) {
    auto bad = peer();
    bad.send(framed("before") + bytes);
    EXPECT_EQ(bad.read(), "before");
    EXPECT_THAT(bad.read(), testing::HasSubstr(words));
    EXPECT_TRUE(bad.closed());
    other.send(framed("still here"));
    EXPECT_EQ(other.read(), "still here");
  }
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(RpcServer, APeerThatEndsInTheMiddleOfAFrameIsForgotten) {
  start();
  auto client = peer();
  client.send(framed(std::string(100000, 'x')).substr(0, 50000));
  client.close();
  EXPECT_TRUE(world_.run_until([this] { return seen_.closed == 1; }, 5s));
  EXPECT_EQ(seen_.frames, 0u);
}

TEST_F(RpcServer, StopsReadingWhoDoesNotRead) {
  seen_.reply_bytes = 100'000;
  options_.limits.unsent_bytes_max = 1 << 20;
  start();
  auto client = peer();
  for (int i = 0; i < 200; i++) {
    client.send(framed("more"));
    world_.run_for(20ms);  // A turn each: the bound holds between turns.
  }
  EXPECT_LT(seen_.frames, 100u);  // 20 MB would wait otherwise.
  for (int i = 0; i < 200; i++) ASSERT_EQ(client.read().size(), 100'004u) << i;
  EXPECT_EQ(seen_.frames, 200u);
}

TEST_F(RpcServer, RefusesMoreConnectionsThanItMayHave) {
  options_.shared = std::make_shared<SharedLimits>(Limits{.connections_max = 2});
  start();
  auto first = peer();
  auto second = peer();
  first.send(framed("a"));
  second.send(framed("b"));
  EXPECT_EQ(first.read(), "a");
  EXPECT_EQ(second.read(), "b");
  auto third = peer();
  EXPECT_TRUE(third.closed());
  first.close();
  EXPECT_TRUE(world_.run_until([this] { return server_->connections() == 1; }, 5s));
  auto fourth = peer();
  fourth.send(framed("d"));
  EXPECT_EQ(fourth.read(), "d");
}

TEST_F(RpcServer, RefusesMoreConnectionsOfOneAddressAndTakesThoseOfOthers) {
  options_.shared = std::make_shared<SharedLimits>(
      Limits{.connections_max = 10, .connections_per_address_max = 2});
  start();
  auto first = peer();
  auto second = peer();
  first.send(framed("a"));
  second.send(framed("b"));
  EXPECT_EQ(first.read(), "a");
  EXPECT_EQ(second.read(), "b");
  EXPECT_TRUE(peer().closed());
  RawPeer other(world_, world_.add_node("other"), {"broker", 9192});
  other.send(framed("c"));
  EXPECT_EQ(other.read(), "c");
  first.send(framed("still here"));
  EXPECT_EQ(first.read(), "still here");
  first.close();
  EXPECT_TRUE(world_.run_until([this] { return server_->connections() == 2; }, 5s));
  auto fourth = peer();
  fourth.send(framed("d"));
  EXPECT_EQ(fourth.read(), "d");

  telemetry::Page page;
  server_->show(page);
  const std::string text = page.text();
  EXPECT_THAT(text, testing::HasSubstr("refused_total{listener=\"native\",limit=\"address\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("refused_total{listener=\"native\",limit=\"all\"} 0\n"));
}

TEST_F(RpcServer, ClosesWhoDoesNotIntroduceItselfAndSaysWhy) {
  options_.limits.introduction_max = 10s;
  seen_.owes_since = broker_.environment().now();
  start();
  auto client = peer();
  world_.run_for(5s);
  client.send(framed("still nobody"));  // Talking is not enough.
  EXPECT_EQ(client.read(), "still nobody");
  world_.run_for(4s);
  EXPECT_EQ(seen_.closed, 0u);
  world_.run_for(3s);
  EXPECT_THAT(client.read(), testing::HasSubstr("within 10000 ms"));
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(world_.run_until([this] { return server_->connections() == 0; }, 5s));
}

TEST_F(RpcServer, TakesNoLargeFrameOfWhoIsNotIntroduced) {
  seen_.owes_since = broker_.environment().now();
  start();
  auto client = peer();
  client.send(framed(std::string(60'000, 'x')));
  EXPECT_EQ(client.read().size(), 60'000u);
  client.send(framed(std::string(100'000, 'x')).substr(0, 50));
  EXPECT_THAT(client.read(), testing::HasSubstr("a first request of 100000 bytes"));
  EXPECT_TRUE(client.closed());
}

TEST_F(RpcServer, ClosesWhoIsSilentForTooLong) {
  options_.limits.idle_max = 60s;
  start();
  auto silent = peer();
  auto talking = peer();
  for (int i = 0; i < 3; i++) {
    world_.run_for(30s);
    talking.send(framed("here"));
    EXPECT_EQ(talking.read(), "here");
    EXPECT_EQ(seen_.closed, i > 0 ? 1u : 0u);
  }
  EXPECT_TRUE(silent.closed());
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(RpcServer, WaitsForWhoWaitsForAnAnswer) {
  options_.limits.idle_max = 10s;
  seen_.busy = true;
  start();
  auto client = peer();
  world_.run_for(60s);
  client.send(framed("here"));
  EXPECT_EQ(client.read(), "here");
  seen_.busy = false;
  world_.run_for(15s);
  EXPECT_TRUE(client.closed());
}

TEST_F(RpcServer, ClosesWhoTakesNothingForTooLongThoughRequestsWait) {
  options_.limits.idle_max = 10s;
  seen_.busy = true;
  seen_.reply_bytes = 8 << 20;
  start();
  auto client = peer();
  client.send(framed("much"));
  world_.run_for(15s);
  EXPECT_TRUE(world_.run_until([this] { return server_->connections() == 0; }, 1s));
}

// R10: a truncation must not wait for ever for a consumer that has stopped reading.
TEST_F(RpcServer, ClosesWhoKeepsAFileThatIsWantedBack) {
  struct Lender final : env::FileLender {
    void give_back(std::uint32_t turn) override { given_back.push_back(turn); }
    bool wants_back(std::uint32_t turn) const override { return turn == wanted; }
    std::uint32_t wanted = 0;
    std::vector<std::uint32_t> given_back;
  };
  start();
  broker_.disk("/data");
  const auto files = broker_.environment().open_file_system({.root = "/data"}).value();
  const auto file = world_.run(home(), files->open("segment", env::OpenMode::create_new)).value();
  const auto lender = std::make_shared<Lender>();
  seen_.reply_bytes = 8 << 20;
  seen_.also = env::FileRange{env::lend(*file, lender, 3), 0, 1000};
  auto stuck = peer();
  stuck.send(framed("much, and what is cut"));
  auto other = peer();
  other.send(framed("much"));
  world_.run_for(5s);
  EXPECT_EQ(server_->connections(), 2u);
  lender->wanted = 3;
  EXPECT_TRUE(world_.run_until([&] { return !lender->given_back.empty(); }, 3s));
  EXPECT_EQ(lender->given_back, std::vector<std::uint32_t>{3});
  world_.run_for(5s);
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(RpcServer, ClosesWhoStopsInTheMiddleOfALargeFrameAndSaysWhy) {
  options_.limits.transfer_max = 10s;
  start();
  auto slow = peer();
  auto stuck = peer();
  const std::string frame = framed(std::string(500'000, 'x'));
  slow.send(frame.substr(0, 200'000));
  stuck.send(frame.substr(0, 200'000));
  for (int i = 0; i < 20; i++) {
    world_.run_for(3s);
    slow.send(frame.substr(static_cast<std::size_t>(200'000 + i), 1));
  }
  EXPECT_THAT(stuck.read(), testing::HasSubstr("too little of a request of 500000 bytes"));
  EXPECT_TRUE(stuck.closed());
  slow.send(frame.substr(200'020));
  EXPECT_EQ(slow.read().size(), 500'000u);
}

// A byte now and then is not enough to keep the memory that others wait for.
TEST_F(RpcServer, WhileOthersWaitALargeFrameMustComeFaster) {
  options_.shared = std::make_shared<SharedLimits>(Limits{.frame_budget_bytes = 600'000});
  options_.limits.transfer_max = 10s;
  start();
  auto trickling = peer();
  const std::string frame = framed(std::string(500'000, 'x'));
  trickling.send(frame.substr(0, 400'000));
  world_.run_for(1s);
  auto other = peer();
  other.send(frame.substr(0, 30'000));
  for (int i = 0; i < 3; i++) {
    world_.run_for(3s);
    trickling.send(frame.substr(static_cast<std::size_t>(400'000 + i), 1));
  }
  world_.run_for(6s);
  EXPECT_THAT(trickling.read(), testing::HasSubstr("too little of a request"));
  other.send(frame.substr(30'000));
  EXPECT_EQ(other.read().size(), 500'000u);
  world_.run_for(1s);
  EXPECT_EQ(server_->limits().frames->used_bytes(), 0u);
}

TEST_F(RpcServer, WhoHoldsLittleGetsAnswersThoughOthersHoldHalfOfAllThatMayBe) {
  options_.shared = std::make_shared<SharedLimits>(Limits{.answer_bytes_max = 6 << 20});
  seen_.reply_bytes = 4 << 20;
  start();
  auto taking_nothing = peer();
  taking_nothing.send(framed("much"));
  world_.run_for(1s);
  EXPECT_GT(server_->limits().answers.used_bytes(), 3u << 20);
  seen_.reply_bytes = 0;
  seen_.heeds_answers = true;
  auto other = peer();
  other.send(framed("little"));
  EXPECT_EQ(other.read(), "little");
  taking_nothing.send(framed("more"));
  world_.run_for(1s);
  EXPECT_EQ(seen_.sent_away, 1u);
}

// As a listener does: who asks while the answers of all are as many as may be is sent away.
TEST_F(RpcServer, WhoDoesNotTakeAnswersIsClosedOnceOthersMissTheMemory) {
  options_.shared = std::make_shared<SharedLimits>(Limits{.answer_bytes_max = 1 << 20});
  options_.limits.transfer_max = 10s;
  seen_.reply_bytes = 4 << 20;
  start();
  auto taking_nothing = peer();
  taking_nothing.send(framed("much"));
  world_.run_for(60s);
  EXPECT_GT(server_->limits().answers.used_bytes(), 1u << 20);
  EXPECT_EQ(seen_.closed, 0u) << "a consumer may take its time";

  seen_.reply_bytes = 0;
  seen_.heeds_answers = true;
  auto other = peer();
  bool answered = false;
  for (int i = 0; i < 30 && !answered; i++) {
    other.send(framed("?"));
    answered = other.read() == "?";
    world_.run_for(1s);
  }
  EXPECT_TRUE(answered);
  EXPECT_GT(seen_.sent_away, 5u);
  EXPECT_EQ(seen_.closed, 1u);
  EXPECT_EQ(server_->limits().answers.used_bytes(), 0u);
}

TEST_F(RpcServer, CountsItsConnectionsAndTheirBytes) {
  options_.shared = std::make_shared<SharedLimits>(Limits{.connections_max = 2});
  options_.limits.idle_max = 60s;
  start();
  auto first = peer();
  auto idle = peer();
  first.send(framed("four"));
  EXPECT_EQ(first.read(), "four");
  idle.send(framed("a"));
  EXPECT_EQ(idle.read(), "a");
  EXPECT_TRUE(peer().closed());
  first.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(first.read(), testing::HasSubstr("HTTP"));
  EXPECT_TRUE(first.closed());
  auto third = peer();
  third.send(framed("a"));
  EXPECT_EQ(third.read(), "a");
  third.close();
  world_.run_for(90s);

  telemetry::Page page;
  server_->show(page);
  const std::string text = page.text();
  for (const char* const line : {
           "ropewalk_connections{listener=\"native\"} 0\n",
           "ropewalk_connections_limit{listener=\"native\"} 2\n",
           "ropewalk_connections_accepted_total{listener=\"native\"} 3\n",
           "ropewalk_connections_refused_total{listener=\"native\",limit=\"all\"} 1\n",
           "ropewalk_connections_per_address_limit{listener=\"native\"} 2\n",
           "ropewalk_connections_closed_total{listener=\"native\",reason=\"error\"} 1\n",
           "ropewalk_connections_closed_total{listener=\"native\",reason=\"peer\"} 1\n",
           "ropewalk_connections_closed_total{listener=\"native\",reason=\"idle\"} 1\n",
           "ropewalk_bad_input_total{listener=\"native\",error=\"malformed_frame\"} 1\n",
           "ropewalk_received_bytes_total{listener=\"native\"} 36\n",
       })
    EXPECT_THAT(text, testing::HasSubstr(line));
}

TEST_F(RpcServer, HandsOverBytesAsTheyComeWhereItDoesNotFrame) {
  options_.framing = Framing::none;
  options_.cores = 1;
  start();
  auto first = peer();
  auto second = peer();
  first.send("abc");
  second.send("d");
  world_.run_for(1s);
  EXPECT_EQ(seen_.bytes.size(), 4U);
  EXPECT_EQ(seen_.cores, std::set<std::size_t>{0});
}

TEST_F(RpcServer, StoppingEndsAllConnections) {
  start();
  auto first = peer();
  auto second = peer();
  first.send(framed("a"));
  EXPECT_EQ(first.read(), "a");
  second.send(framed("b"));
  EXPECT_EQ(second.read(), "b");
  world_.run(home(), server_->stop());
  EXPECT_EQ(seen_.closed, 2u);
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_TRUE(first.closed());
}

TEST_F(RpcServer, SaysWhichSettingNamesThePortInUse) {
  start();
  Server again(broker_.environment(), options_, {});
  const auto started = world_.run(home(), again.start());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::address_in_use);
  EXPECT_THAT(started.error().context, testing::HasSubstr("native_listen"));
  EXPECT_THAT(started.error().context, testing::HasSubstr("choose another"));
}

}  // namespace
}  // namespace ropewalk::rpc
