// The parts of one broker. For broker.cc and metrics.cc only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "broker/broker.h"
#include "broker/data_directories.h"
#include "broker/listeners/admin/admin_listener.h"
#include "broker/listeners/kafka/kafka_listener.h"
#include "broker/listeners/native/native_listener.h"
#include "broker/metadata/metadata_machine.h"
#include "broker/metadata/metadata_view.h"
#include "broker/node/active_controller.h"
#include "broker/node/broker_watch.h"
#include "broker/node/controller_requests.h"
#include "broker/node/controller_router.h"
#include "broker/node/membership.h"
#include "broker/node/replica_reconciler.h"
#include "broker/quorum/quorum_link.h"
#include "broker/quorum/raft_quorum.h"
#include "broker/quota/byte_budget.h"
#include "broker/replication/replica_fetchers.h"
#include "broker/replication/replica_manager.h"
#include "broker/replication/replica_server.h"
#include "broker/rpc/peer_dispatcher.h"
#include "broker/rpc/peer_links.h"
#include "broker/rpc/server.h"
#include "broker/security/authorizer.h"
#include "broker/service/service_metrics.h"
#include "broker/service/use_cases.h"
#include "common/env/tls/identity.h"

namespace ropewalk {

// Who decides, as every core may ask.
class ControllerWatch final : public metadata::MachineListener {
 public:
  void image_changed(const metadata::ImagePtr&, const metadata::ImagePtr&) override {}
  void leader_changed(BrokerId leader, Term) override {
    leader_.store(leader.value(), std::memory_order_relaxed);
  }
  BrokerId leader() const { return BrokerId(leader_.load(std::memory_order_relaxed)); }

 private:
  std::atomic<std::int32_t> leader_{kNoBroker.value()};
};

// In the order in which they are made. What a part refers to stands above it.
struct Broker::Parts {
  Parts(env::Environment& in, BrokerSettings with, std::function<void(const Error&)> told)
      : environment(in),
        settings(std::move(with)),
        on_failure(std::move(told)),
        produce_budget(static_cast<std::size_t>(settings.in_flight_bytes_max)),
        fetch_budget(static_cast<std::size_t>(settings.fetch_bytes_max)),
        service_metrics(environment),
        client_limits(std::make_shared<rpc::SharedLimits>(limits_of(settings))),
        peer_limits(std::make_shared<rpc::SharedLimits>(peer_limits_of(settings))),
        incarnation(environment.random("incarnation").uuid()) {}

  Task<Result<void>> start();
  Task<void> stop();
  Task<Result<void>> open_and_join();
  Task<Result<void>> start_admin();
  static rpc::Limits limits_of(const BrokerSettings& settings);
  static rpc::Limits peer_limits_of(const BrokerSettings& settings);
  Task<void> make_use_cases();
  Task<Result<void>> start_serving();
  rpc::PeerIdentity identity() const;
  env::Endpoint peer_endpoint() const;
  Result<void> load_tls();
  Task<void> make_links();
  void make_router();
  void register_handlers();
  Task<Result<void>> start_peers();
  Task<void> stop_links();
  Task<Result<std::unique_ptr<rpc::Server>>> start_server(
      std::string name, const settings::HostPort& listen, rpc::SessionFactory sessions,
      std::shared_ptr<rpc::SharedLimits> shared, std::size_t frame_bytes_max,
      std::shared_ptr<const env::TlsIdentity> tls = nullptr);
  void register_listener(const char* name, const rpc::Server* server,
                         metadata::BrokerRegistration& broker) const;
  Task<void> make_metadata(Result<void>& outcome);
  Task<void> join(replication::OpenedReplicas opened, Result<void>& outcome);
  Task<void> give_up();
  Task<void> hand_over();
  Task<void> leave();
  Task<void> stop_metadata();
  Task<void> await_answers();
  void report_failure(const Error& error);
  void directory_failed(const log::LogDirectory& directory, const Error& error);
  bool lease_holds() const;
  // What the admin port shows; on core 0, at any time.
  Result<void> ready() const;
  Task<std::string> metrics_page();
  void show_data(telemetry::Page& page) const;
  void show_budgets(telemetry::Page& page) const;
  telemetry::Page control_page() const;  // On the control core.
  metadata::RegisterBroker registration(const replication::OpenedReplicas& opened) const;

  env::Environment& environment;
  const BrokerSettings settings;
  std::function<void(const Error&)> on_failure;

  security::AllowAll authorizer;
  quota::ByteBudget produce_budget;
  quota::ByteBudget fetch_budget;
  service::ServiceMetrics service_metrics;
  std::unique_ptr<DataDirectories> data;
  std::unique_ptr<replication::ReplicaManager> replicas;

  // On the control core.
  std::unique_ptr<metadata::MetadataView> view;
  std::unique_ptr<metadata::MetadataMachine> machine;
  ControllerWatch watch;
  quorum::NoTransport no_transport;
  std::unique_ptr<rpc::PeerLinks> links;
  std::unique_ptr<quorum::QuorumLink> quorum_link;
  std::unique_ptr<quorum::RaftQuorum> quorum;
  std::unique_ptr<node::ActiveController> controller;
  std::unique_ptr<node::ControllerRequests> controller_requests;  // Of others.
  std::unique_ptr<node::ControllerPeers> controller_peers;
  std::unique_ptr<node::ControllerRouter> router;
  std::unique_ptr<node::BrokerWatch> broker_watch;  // Null where no broker can be reached.
  std::unique_ptr<node::ReplicaReconciler> reconciler;
  std::unique_ptr<node::Membership> membership;
  std::vector<DirectoryId> lost_directories;  // Before there was a membership.
  bool joined = false;
  bool gave_up = false;
  bool starting = false;                           // On core 0.
  std::atomic<node::Membership*> leased{nullptr};  // The membership, once it has a first lease.

  std::unique_ptr<service::UseCases> uses;
  const std::shared_ptr<rpc::SharedLimits> client_limits;  // Of both listeners together.
  const std::shared_ptr<rpc::SharedLimits> peer_limits;    // Clients use up nothing of these.
  const IncarnationId incarnation;                         // Of this life.
  std::shared_ptr<const env::tls::Identity> peer_tls;      // Null: brokers talk in the clear.
  std::unique_ptr<replication::ReplicaServer> replica_server;
  std::unique_ptr<replication::ReplicaFetchers> fetchers;
  std::unique_ptr<rpc::PeerDispatcher> peers;
  std::unique_ptr<rpc::Server> peer_server;
  std::unique_ptr<native::NativeListener> native;
  std::unique_ptr<rpc::Server> native_server;
  std::unique_ptr<kafka::KafkaListener> kafka;
  std::unique_ptr<rpc::Server> kafka_server;

  std::unique_ptr<admin::AdminListener> admin;
  std::unique_ptr<rpc::Server> admin_server;
  std::string unready =
      "starting";  // Why this broker does not serve yet, or no more; empty: it does.
};

}  // namespace ropewalk
