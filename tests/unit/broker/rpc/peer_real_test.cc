// The same two ends over real sockets, on several threads.
#include <atomic>
#include <memory>

#include <gtest/gtest.h>

#include "broker/rpc/peer_dispatcher.h"
#include "broker/rpc/peer_links.h"
#include "broker/rpc/server.h"
#include "common/env/crossing.h"
#include "common/env/event.h"
#include "common/env/real/real_environment.h"
#include "ropewalk/internal/peer.pb.h"
#include "tests/unit/broker/rpc/peer_rig.h"

namespace ropewalk::rpc {
namespace {

using namespace std::chrono_literals;

constexpr int kMessages = 1000;

struct Story {
  explicit Story(env::Environment& in)
      : environment(in), dispatcher(in, identity_of(2)), refused(in.control_core()) {}

  // On the control core.
  Task<void> tell() {
    PeerLinkOptions options;
    options.on_refused = [this](BrokerId broker, const env::Endpoint&) { refused.set(broker); };
    links = std::make_unique<PeerLinks>(environment, environment.control_core(), identity_of(1),
                                        std::move(options));
    const PeerAddress to{BrokerId(2), identity_of(2).directory, server->local()};
    for (int i = 0; i < kMessages; i++)
      links->send(to, internal::REPLICA_PROGRESS, SharedBytes(std::string("x")));
    const std::string large(3 << 20, 'y');
    auto answer = co_await links->call(to, internal::REPLICA_FETCH, SharedBytes(std::string(large)),
                                       environment.now() + 30s);
    echoed = answer && answer->text() == large;
    co_await env::on(environment.core(0), server->stop());
    const auto heard = co_await refused.wait_until(environment.now() + 30s);
    dead = heard && *heard == BrokerId(2);
    co_await links->stop();
  }

  env::Environment& environment;
  PeerDispatcher dispatcher;
  std::unique_ptr<Server> server;
  std::unique_ptr<PeerLinks> links;
  env::OneShot<BrokerId> refused;
  std::atomic<int> messages{0};
  std::atomic<bool> echoed{false};
  std::atomic<bool> dead{false};
  std::atomic<bool> over{false};
};

Task<void> run(Story& story) {
  story.dispatcher.on_message(internal::REPLICA_PROGRESS,
                              [&story](const PeerRequest&) { story.messages++; });
  // Answered from another core than the connection's.
  story.dispatcher.on_request(
      internal::REPLICA_FETCH, [&story](const PeerRequest& request, PeerReply reply) {
        story.environment.control_core().post(
            [body = request.body, reply = std::move(reply)]() mutable { reply(body); });
      });
  ServerOptions serving;
  serving.name = "broker";
  serving.listen = {"127.0.0.1", 0};
  story.server = std::make_unique<Server>(story.environment, serving, story.dispatcher.sessions());
  const auto started = co_await story.server->start();
  ENSURE(started.has_value(), "{}", started.error());
  co_await env::on(story.environment.control_core(), story.tell());
  co_await story.dispatcher.stop();
  story.over = true;
  story.environment.notify();
}

TEST(PeerOverSockets, AsksTellsAndNoticesTheEnd) {
  const auto environment = env::make_real_environment({.cores = 2});
  Story story(*environment);
  std::unique_ptr<env::TaskGroup> tasks;
  environment->core(0).post([&] {
    tasks = std::make_unique<env::TaskGroup>(environment->core(0));
    tasks->spawn("story", run(story));
  });
  EXPECT_TRUE(
      environment->block_until([&] { return story.over.load(); }, environment->now() + 60s));
  environment->stop();
  environment->run_until_stopped();
  EXPECT_EQ(story.messages, kMessages);
  EXPECT_TRUE(story.echoed);
  EXPECT_TRUE(story.dead);
}

}  // namespace
}  // namespace ropewalk::rpc
