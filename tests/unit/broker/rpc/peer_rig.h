// Brokers in a simulated world that do nothing but talk to each other.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/rpc/peer_dispatcher.h"
#include "broker/rpc/peer_links.h"
#include "broker/rpc/server.h"
#include "common/env/sim/simulation.h"
#include "ropewalk/internal/peer.pb.h"
#include "tests/support/ids.h"

namespace ropewalk::rpc {

inline constexpr std::uint16_t kPeerPort = 9193;

inline PeerIdentity identity_of(std::int32_t broker, std::uint8_t life = 1) {
  const auto number = static_cast<std::uint8_t>(broker);
  return {id_of<ClusterId>(9), BrokerId(broker), id_of<DirectoryId>(number),
          id_of<IncarnationId>(static_cast<std::uint8_t>(number * 16 + life))};
}

// One life of a broker: what it was told is kept, what it was asked is answered by `answer`.
class PeerBroker {
 public:
  PeerBroker(sim::Simulation& world, sim::Node& node, const PeerIdentity& self,
             PeerLinkOptions options = {}, PeerDispatcherOptions dispatcher_options = {})
      : identity(self),
        world_(world),
        environment_(node.environment()),
        dispatcher(environment_, self, dispatcher_options) {
    dispatcher.on_message(internal::QUORUM_MESSAGE, [this](PeerRequest request) {
      peers.push_back(request.peer);
      told.emplace_back(request.body.text());
    });
    dispatcher.on_request(internal::QUORUM_SNAPSHOT, [this](PeerRequest request, PeerReply reply) {
      asked.emplace_back(request.body.text());
      deadlines.push_back(request.deadline);
      answer(std::move(request), std::move(reply));
    });
    options.on_refused = [this](BrokerId broker, const env::Endpoint& at) {
      refused.emplace_back(broker, at.to_string());
      refused_at = world_.now();
    };
    options.on_connected = [this](const PeerIdentity& peer, const env::Endpoint&) {
      met.push_back(peer);
    };
    tls_ = options.connection.tls;
    links = std::make_unique<PeerLinks>(environment_, core(), self, std::move(options));
  }

  env::Core& core() { return environment_.core(0); }
  env::Environment& environment() { return environment_; }

  void listen() {
    ServerOptions serving;
    serving.name = "broker";
    serving.listen = {"0.0.0.0", kPeerPort};
    serving.connection.tls = tls_;
    server = std::make_unique<Server>(environment_, serving, dispatcher.sessions());
    const auto started = world_.run(core(), server->start());
    ENSURE(started.has_value(), "{}", started.error());
  }
  // In order.
  void stop() {
    world_.run(core(), links->stop());
    world_.run(core(), dispatcher.stop());
    if (server) world_.run(core(), server->stop());
    server.reset();
  }
  // Returns when the function has run on its core.
  template <class F>
  void here(F function) {
    bool ran = false;
    core().post([&] {
      function();
      ran = true;
    });
    ENSURE(world_.run_until([&] { return ran; }, std::chrono::seconds(10)), "a job did not run");
  }
  // On its core, as everything that uses the links.
  void send(const PeerAddress& to, std::string text) {
    core().post([this, to, text = std::move(text)] {
      links->send(to, internal::QUORUM_MESSAGE, SharedBytes(text));
    });
  }
  Result<SharedBytes> call(const PeerAddress& to, std::string text,
                           env::Duration patience = std::chrono::seconds(5)) {
    return world_.run(core(),
                      links->call(to, internal::QUORUM_SNAPSHOT, SharedBytes(std::move(text)),
                                  environment_.now() + patience));
  }

  const PeerIdentity identity;

 private:
  sim::Simulation& world_;
  env::Environment& environment_;
  std::shared_ptr<const env::TlsIdentity> tls_;

 public:
  PeerDispatcher dispatcher;
  std::unique_ptr<PeerLinks> links;
  std::unique_ptr<Server> server;
  std::function<void(PeerRequest, PeerReply)> answer = [](PeerRequest request, PeerReply reply) {
    reply(request.body);
  };

  std::vector<std::string> told;
  std::vector<PeerIdentity> peers;  // Who told it.
  std::vector<std::string> asked;
  std::vector<env::MonotonicTime> deadlines;
  std::vector<std::pair<BrokerId, std::string>> refused;
  sim::Duration refused_at{};
  std::vector<PeerIdentity> met;
};

inline PeerAddress address_of(std::int32_t broker) {
  return {BrokerId(broker), identity_of(broker).directory, {fmt::format("b{}", broker), kPeerPort}};
}

}  // namespace ropewalk::rpc
