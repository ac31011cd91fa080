// How one broker talks to the others of its cluster: `broker_listen`, and connections out.
#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/node/broker_address.h"
#include "broker/parts.h"
#include "broker/security/broker_certificate.h"
#include "ropewalk/internal/peer.pb.h"

namespace ropewalk {
namespace {

// How this broker asks a controller elsewhere. On the control core.
class LinkedPeers final : public node::ControllerPeers {
 public:
  // `links` may be null: then there is nobody.
  LinkedPeers(rpc::PeerLinks* links, const metadata::MetadataView& view,
              const std::unique_ptr<quorum::RaftQuorum>& quorum)
      : links_(links), view_(view), quorum_(quorum) {}

  std::optional<env::Endpoint> address_of(BrokerId broker) const override {
    if (links_ == nullptr) return std::nullopt;
    return node::broker_address(*view_.get(), quorum_->voters(), broker);
  }
  Task<Result<SharedBytes>> ask(BrokerId broker, env::Endpoint at, SharedBytes event,
                                env::MonotonicTime deadline) override {
    co_return co_await links_->call({broker, std::nullopt, std::move(at)},
                                    internal::CONTROLLER_PROPOSE, std::move(event), deadline);
  }

 private:
  rpc::PeerLinks* links_;
  const metadata::MetadataView& view_;
  const std::unique_ptr<quorum::RaftQuorum>& quorum_;
};

// How many connections other brokers may have in all: a few of each.
constexpr std::size_t kPeerConnectionsMax = 1000;

// By what part of the memory for clients' requests there is as much for those of brokers.
constexpr std::int64_t kPeerFramesShare = 4;

// What clients may send says nothing of what brokers must: one entry of the metadata is up to 32
// MiB.
constexpr std::size_t kPeerFrameBytesMax = 100 << 20;

// What is left when the log begins to tell of it.
constexpr std::chrono::days kCertificateEndsSoon{30};

bool is_wildcard(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

}  // namespace

rpc::Limits Broker::Parts::peer_limits_of(const BrokerSettings& settings) {
  rpc::Limits limits;
  limits.connections_max = kPeerConnectionsMax;
  limits.frame_budget_bytes =
      std::max(static_cast<std::size_t>(settings.in_flight_bytes_max / kPeerFramesShare),
               kPeerFrameBytesMax);
  limits.answer_bytes_max = static_cast<std::size_t>(settings.answer_bytes_max);
  return limits;
}

// Pre: the data directories are open.
rpc::PeerIdentity Broker::Parts::identity() const {
  return {data->cluster(), settings.broker_id, data->first_id(), incarnation};
}

// Where others are told to find this broker. Pre: it listens for them.
env::Endpoint Broker::Parts::peer_endpoint() const {
  if (const auto said = settings.advertised.find("broker"); said != settings.advertised.end())
    return {said->second.front().host, said->second.front().port};
  return peer_server->local();
}

// On the control core.
Task<void> Broker::Parts::make_links() {
  rpc::PeerLinkOptions options;
  options.on_refused = [this](BrokerId broker, const env::Endpoint& at) {
    if (quorum) quorum->peer_refused(broker);
    // Where it used to be it need not be any more.
    const bool is_there = node::broker_address(*view->get(), {}, broker) == at;
    if (controller && is_there) controller->broker_is_dead(broker);
  };
  options.connection.tls = peer_tls;
  links = std::make_unique<rpc::PeerLinks>(environment, environment.control_core(), identity(),
                                           std::move(options));
  quorum_link = std::make_unique<quorum::QuorumLink>(environment, *links);
  co_return;
}

// On the control core, beside the local controller.
void Broker::Parts::make_router() {
  controller_requests = std::make_unique<node::ControllerRequests>(environment, *controller);
  controller_peers = std::make_unique<LinkedPeers>(links.get(), *view, quorum);
  router = std::make_unique<node::ControllerRouter>(
      environment, *controller, *controller_peers,
      node::ControllerRouterOptions{.self = settings.broker_id});
  if (!links) return;
  const auto connect = [this](BrokerId broker, const env::Endpoint& at) {
    links->connect({broker, std::nullopt, at});
  };
  broker_watch = std::make_unique<node::BrokerWatch>(settings.broker_id, connect);
}

// What comes before there is a controller here is told that this is none.
void Broker::Parts::register_handlers() {
  quorum_link->register_at(*peers);
  replica_server->register_at(*peers);
  peers->on_request(
      internal::CONTROLLER_PROPOSE, [this](rpc::PeerRequest request, rpc::PeerReply reply) {
        environment.control_core().post(
            [this, request = std::move(request), reply = std::move(reply)]() mutable {
              if (controller_requests)
                controller_requests->handle(request.body, request.deadline, std::move(reply));
              else
                reply(fail(Errc::shutting_down, "this broker has not started yet"));
            });
      });
}

Result<void> Broker::Parts::load_tls() {
  if (!settings.broker_tls()) return {};
  TRY(peer_tls,
      env::tls::Identity::load({.certificate = {"broker_tls_cert", settings.broker_tls_cert},
                                .key = {"broker_tls_key", settings.broker_tls_key},
                                .authorities = {"broker_tls_ca", settings.broker_tls_ca}}));
  const std::string wanted = security::certificate_name(settings.broker_id);
  if (peer_tls->name() != wanted)
    return fail(Errc::invalid_setting,
                "broker_tls_cert = {}: it is the certificate of '{}', and broker_id = {} needs one "
                "of '{}'",
                settings.broker_tls_cert, peer_tls->name(), settings.broker_id, wanted);
  const auto left =
      std::chrono::floor<std::chrono::days>(peer_tls->expires() - environment.wall_now());
  if (left < kCertificateEndsSoon)
    log_warn("the certificate in {} ends in {} days: make another one and restart this broker",
             settings.broker_tls_cert, left.count());
  return {};
}

Task<Result<void>> Broker::Parts::start_peers() {
  if (!settings.broker_listen) {
    const auto other = std::ranges::find_if(settings.quorum_voters, [&](const QuorumVoter& voter) {
      return voter.id != settings.broker_id;
    });
    if (other == settings.quorum_voters.end()) co_return Result<void>();
    co_return fail(Errc::invalid_setting,
                   "broker_listen is off, but quorum_voters names broker {} too: brokers talk to "
                   "each other there (9193 is the usual port)",
                   other->id);
  }
  if (is_wildcard(settings.broker_listen->host) && !settings.advertised.contains("broker"))
    co_return fail(Errc::invalid_setting,
                   "advertised: other brokers cannot connect to {}, which broker_listen names; say "
                   "where they find this one (advertised = broker=HOST:PORT)",
                   settings.broker_listen->host);
  co_await env::on(environment.control_core(), make_links());
  replica_server = std::make_unique<replication::ReplicaServer>(environment, replicas->table(),
                                                                replicas->metrics());
  rpc::PeerLinkOptions fetching;
  fetching.connection.tls = peer_tls;
  fetchers = std::make_unique<replication::ReplicaFetchers>(
      environment, identity(), std::move(fetching), replicas->metrics());
  peers = std::make_unique<rpc::PeerDispatcher>(environment, identity());
  register_handlers();
  CO_TRY(peer_server, co_await start_server("broker", *settings.broker_listen, peers->sessions(),
                                            peer_limits, kPeerFrameBytesMax, peer_tls));
  co_return Result<void>();
}

// On the control core, when nobody here has anything to say any more.
Task<void> Broker::Parts::stop_links() {
  if (quorum_link) co_await quorum_link->stop();
  if (links) co_await links->stop();
}

}  // namespace ropewalk
