// The listener behind a real rpc::Server in the simulated world.
#include "broker/listeners/admin/admin_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/rpc/server.h"
#include "tests/support/http_peer.h"

namespace ropewalk::admin {
namespace {

using namespace std::chrono_literals;
using support::HttpPeer;
using testing::HasSubstr;

class AdminListening : public testing::Test {
 protected:
  AdminListening() {
    options_.listen = {"0.0.0.0", 9644};
    options_.limits.idle_max = 600s;
    options_.limits.introduction_max = 10s;
  }
  ~AdminListening() override { stop(); }

  env::Core& home() { return node_.environment().core(0); }
  void start() {
    AdminPages pages{.metrics = [this] { return make_page(); }, .ready = [this] { return ready_; }};
    listener_ = std::make_unique<AdminListener>(node_.environment(), std::move(pages));
    server_ = std::make_unique<rpc::Server>(node_.environment(), options_, listener_->sessions());
    ASSERT_TRUE(world_.run(home(), server_->start()));
  }
  void stop() {
    if (!server_) return;
    world_.run(home(), server_->stop());
    world_.run(home(), listener_->stop());
    server_.reset();
  }
  HttpPeer peer() { return HttpPeer(world_, client_, {"broker", 9644}); }
  Task<std::string> make_page() {
    const int number = ++pages_;
    co_await home().sleep_until(node_.environment().now() + page_takes_);
    co_return fmt::format("page {}\n", number);
  }
  static std::string request(const std::string& path, const std::string& more = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: broker\r\n" + more + "\r\n";
  }
  bool until_connections(std::size_t count) {
    return world_.run_until([&] { return server_->connections() == count; }, 5s);
  }
  std::string shown() {
    telemetry::Page page;
    server_->show(page);
    return page.text();
  }

  rpc::ServerOptions options_ = AdminListener::server_options();
  Result<void> ready_;
  env::Duration page_takes_ = 5ms;
  int pages_ = 0;
  sim::Simulation world_{11};
  sim::Node& node_ = world_.add_node("broker", {.cores = 2});
  sim::Node& client_ = world_.add_node("client");
  std::unique_ptr<AdminListener> listener_;
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(AdminListening, ShowsItsPagesOnOneConnection) {
  start();
  auto client = peer();
  auto answer = client.get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "page 1\n");
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  answer = client.get("/healthz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n");
  answer = client.get("/readyz");
  EXPECT_EQ(answer.status, 200);
  ready_ = fail(Errc::broker_not_available, "opening the replicas");
  answer = client.get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "opening the replicas\n");
  EXPECT_EQ(client.get("/healthz").status, 200);
  EXPECT_EQ(client.get("/secrets").status, 404);
  EXPECT_EQ(client.get("/metrics").body, "page 2\n");
}

TEST_F(AdminListening, AHeadIsAnsweredWithoutTheBody) {
  start();
  auto client = peer();
  client.send("HEAD /metrics HTTP/1.1\r\nHost: broker\r\n\r\n");
  const auto answer = client.read(/*has_body=*/false);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.head, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_EQ(client.get("/healthz").body, "ok\n");
}

TEST_F(AdminListening, OtherMethodsAreRefusedAndTheConnectionGoesOn) {
  start();
  auto client = peer();
  client.send("POST /metrics HTTP/1.1\r\nHost: broker\r\nContent-Length: 4\r\n\r\nbody");
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_EQ(client.get("/healthz").status, 200);
  EXPECT_EQ(pages_, 0);
}

TEST_F(AdminListening, AnswersComeInTheOrderOfTheRequests) {
  start();
  auto client = peer();
  client.send(request("/metrics") + request("/healthz") + request("/metrics") + request("/no") +
              request("/metrics").substr(0, 10));
  EXPECT_EQ(client.read().body, "page 1\n");
  EXPECT_EQ(client.read().body, "ok\n");
  EXPECT_EQ(client.read().body, "page 2\n");
  EXPECT_EQ(client.read().status, 404);
  client.send(request("/metrics").substr(10));
  EXPECT_EQ(client.read().body, "page 3\n");
}

TEST_F(AdminListening, ClosesWhenItIsAskedTo) {
  start();
  auto client = peer();
  client.send(request("/metrics", "Connection: close\r\n") + request("/healthz"));
  const auto answer = client.read();
  EXPECT_EQ(answer.body, "page 1\n");
  EXPECT_THAT(answer.head, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.closed());
  auto old = peer();
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read().body, "ok\n");
  EXPECT_TRUE(old.closed());
  EXPECT_TRUE(until_connections(0));
  EXPECT_THAT(shown(), HasSubstr("closed_total{listener=\"admin\",reason=\"agreed\"} 2\n"));
  EXPECT_THAT(shown(), Not(HasSubstr("ropewalk_bad_input_total")));
}

TEST_F(AdminListening, ClosesOnWhatItCannotReadAndDisturbsNobodyElse) {
  start();
  auto other = peer();
  const std::pair<std::string, int> cases[] = {
      {"nonsense\r\n\r\n", 400},
      {std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(10'000, 'x'), 431},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", 413},
  };
  for (const auto& [bytes, status] : cases) {
    auto bad = peer();
    bad.send(request("/healthz") + bytes);
    EXPECT_EQ(bad.read().status, 200);
    const auto answer = bad.read();
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_THAT(answer.head, HasSubstr("Connection: close\r\n"));
    EXPECT_GT(answer.body.size(), 1U);
    EXPECT_TRUE(bad.closed());
    EXPECT_EQ(other.get("/healthz").status, 200);
  }
  EXPECT_TRUE(until_connections(1));
  EXPECT_THAT(shown(),
              HasSubstr("bad_input_total{listener=\"admin\",error=\"malformed_frame\"} 2"));
  EXPECT_THAT(shown(),
              HasSubstr("bad_input_total{listener=\"admin\",error=\"frame_too_large\"} 2"));
}

TEST_F(AdminListening, WhatWaitsBehindAPageIsBounded) {
  page_takes_ = 60s;
  start();
  auto client = peer();
  client.send(request("/metrics"));
  world_.run_for(100ms);
  for (int i = 0; i < 20; i++) client.send(std::string(10'000, '\n'));
  EXPECT_EQ(client.read().body, "page 1\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(client.closed());
}

TEST_F(AdminListening, ClosesWhoSendsARequestTooSlowly) {
  start();
  auto client = peer();
  EXPECT_EQ(client.get("/healthz").status, 200);
  world_.run_for(60s);  // Between requests there is time.
  const std::string slow = request("/healthz");
  for (int i = 0; i < 5; i++) {
    client.send(slow.substr(static_cast<std::size_t>(i), 1));
    world_.run_for(1s);
  }
  EXPECT_EQ(server_->connections(), 1U);
  client.send(slow.substr(5, 1));
  world_.run_for(7s);
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(until_connections(0));
  EXPECT_THAT(shown(), HasSubstr("closed_total{listener=\"admin\",reason=\"slow\"} 1\n"));
}

TEST_F(AdminListening, ClosesWhoSendsNothingAtAll) {
  start();
  auto client = peer();
  world_.run_for(15s);
  EXPECT_TRUE(client.closed());
}

// A page that takes its time is not the peer's fault.
TEST_F(AdminListening, WaitsForASlowPage) {
  page_takes_ = 30s;
  options_.limits.idle_max = 5s;
  start();
  auto client = peer();
  client.send(request("/metrics") + request("/metrics").substr(0, 5));
  EXPECT_EQ(client.read().body, "page 1\n");
}

TEST_F(AdminListening, APeerThatLeavesDoesNotDisturbItsPage) {
  page_takes_ = 1s;
  start();
  {
    auto client = peer();
    client.send(request("/metrics") + request("/metrics"));
    world_.run_for(500ms);
    client.close();
  }
  EXPECT_TRUE(until_connections(0));
  world_.run_for(5s);
  EXPECT_EQ(pages_, 1);  // The second one was no longer wanted.
}

TEST_F(AdminListening, StoppingEndsWhatIsUnderWay) {
  page_takes_ = 1h;
  start();
  auto client = peer();
  client.send(request("/metrics"));
  world_.run_for(100ms);
  stop();
  EXPECT_TRUE(client.closed());
}

}  // namespace
}  // namespace ropewalk::admin
