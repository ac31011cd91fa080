#include "broker/broker.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "broker/parts.h"
#include "common/env/crossing.h"
#include "common/log.h"
#include "common/version.h"

namespace ropewalk {
namespace {

// How long the cluster may take to let this broker in. A controller that was just elected needs a
// session at most.
constexpr std::chrono::seconds kJoinTimeout{60};

// How long a start waits for the addresses of names that it is to be known by.
constexpr std::chrono::seconds kLookUpTimeout{5};

// How long a stop waits for the answers to produces: walking the largest batch takes less.
constexpr std::chrono::seconds kAnswersTimeout{10};

// By what part of the session a lease is shorter (R8). Heartbeats come twice a session at least, so
// that a lease outlives the wait for the next one by a third of the session.
constexpr int kLeaseMarginShare = 6;

// Of the metadata's leader, in the time after which it is missed.
constexpr int kHeartbeatsOfAnElection = 5;
constexpr int kTicksOfAnElection = 50;

env::Endpoint endpoint_of(const settings::HostPort& address) {
  return {address.host, address.port};
}

replication::ReplicaManagerOptions replica_options(const BrokerSettings& settings,
                                                   IncarnationId incarnation) {
  replication::ReplicaManagerOptions options;
  options.self = settings.broker_id;
  options.incarnation = incarnation;
  options.retention_every = settings.retention_check_interval;
  options.times.replica_lag_max = settings.replica_lag_max;
  options.catch_up_rate_max = settings.catch_up_rate_max;
  options.log.segment_bytes = static_cast<std::uint64_t>(settings.segment_bytes);
  options.log.index_interval_bytes = static_cast<std::uint32_t>(settings.index_interval_bytes);
  return options;
}

service::Limits service_limits(const BrokerSettings& settings) {
  service::Limits limits;
  limits.uncompressed_bytes_max = static_cast<std::size_t>(settings.decompression_bytes_max);
  limits.fetch_bytes_max = static_cast<std::size_t>(settings.fetch_bytes_max);
  limits.fetch_wait_max = settings.fetch_wait_max;
  limits.fetch_sessions_max = static_cast<std::size_t>(settings.fetch_sessions_max);
  limits.fetch_session_bytes_max = static_cast<std::size_t>(settings.fetch_session_bytes_max);
  limits.batch_bytes_max = static_cast<std::size_t>(settings.record_batch_bytes_max);
  return limits;
}

std::string words_of(const std::vector<DataDirectories::Lost>& lost) {
  std::vector<std::string> words;
  for (const auto& [root, error] : lost)
    words.push_back(fmt::format("data_dir {} cannot be used: {}", root, error.context));
  return fmt::format("{}", fmt::join(words, "; "));
}

Task<void> nothing() { co_return; }

}  // namespace

Task<Result<void>> Broker::Parts::start() {
  // First of all, so that a second life on the same directories hears of that and not of a port.
  CO_TRY(data, co_await DataDirectories::open(environment, settings));
  CO_TRY_VOID(load_tls());
  CO_TRY_VOID(co_await start_admin());
  auto joined_it = co_await open_and_join();
  if (joined_it) unready.clear();
  co_return joined_it;
}

// Before what may take long: a monitor sees a broker that recovers.
Task<Result<void>> Broker::Parts::start_admin() {
  if (!settings.admin_listen) co_return Result<void>();
  admin::AdminPages pages{.metrics = [this] { return metrics_page(); },
                          .ready = [this] { return ready(); }};
  admin = std::make_unique<admin::AdminListener>(environment, std::move(pages));
  rpc::ServerOptions serving = admin::AdminListener::server_options();
  serving.listen = endpoint_of(*settings.admin_listen);
  serving.limits.idle_max = settings.connection_idle_max;
  serving.limits.introduction_max = settings.negotiation_timeout;
  auto made = std::make_unique<rpc::Server>(environment, std::move(serving), admin->sessions());
  CO_TRY_VOID(co_await made->start());
  admin_server = std::move(made);
  co_return Result<void>();
}

Task<Result<void>> Broker::Parts::open_and_join() {
  unready = "opening the replicas";
  view = std::make_unique<metadata::MetadataView>(environment);
  replication::ReplicaManagerOptions replica_settings = replica_options(settings, incarnation);
  replica_settings.on_directory_failed = [this](const log::LogDirectory& directory,
                                                const Error& error) {
    directory_failed(directory, error);
  };
  replicas = std::make_unique<replication::ReplicaManager>(environment, data->logs(),
                                                           std::move(replica_settings));
  const env::MonotonicTime began = environment.now();
  const replication::OpenedReplicas opened = co_await replicas->open_all();
  if (opened.count > 0)
    log_info("opened {} replicas in {} ms: scanned {} bytes of records, {} torn tails, {} damaged",
             opened.count,
             std::chrono::floor<std::chrono::milliseconds>(environment.now() - began).count(),
             opened.bytes_scanned, opened.cut.size(), opened.damaged.size());

  unready = "opening the cluster's metadata";
  CO_TRY_VOID(co_await start_peers());
  Result<void> outcome;
  co_await env::on(environment.control_core(), make_metadata(outcome));
  if (!outcome) co_return outcome;
  CO_TRY_VOID(co_await data->remember_quorum());
  CO_TRY_VOID(co_await start_serving());
  unready = "joining the cluster";
  co_await env::on(environment.control_core(), join(opened, outcome));
  co_return outcome;
}

// On the control core: the metadata log and who works on it.
Task<void> Broker::Parts::make_metadata(Result<void>& outcome) {
  machine = std::make_unique<metadata::MetadataMachine>(*view);
  quorum::QuorumOptions options;
  options.cluster = data->cluster();
  options.node = settings.broker_id;
  options.directory = data->first_id();
  if (peer_server) options.endpoint = peer_endpoint();
  for (const QuorumVoter& voter : settings.quorum_voters)
    if (voter.id != settings.broker_id) {
      options.ask_first.push_back(endpoint_of(voter.address));
      options.addresses[voter.id] = endpoint_of(voter.address);
    }
  options.may_format = data->quorum_may_format();
  options.election_timeout = settings.election_timeout;
  options.heartbeat = options.election_timeout / kHeartbeatsOfAnElection;
  options.tick = options.election_timeout / kTicksOfAnElection;
  options.on_failure = [this](const Error& error) { report_failure(error); };
  const env::Endpoint listens = options.endpoint;
  quorum::QuorumTransport* transport = &no_transport;
  if (quorum_link) transport = quorum_link.get();
  quorum = std::make_unique<quorum::RaftQuorum>(environment, data->quorum_files(), *transport,
                                                std::move(options));
  quorum->attach(*machine);
  if (quorum_link) quorum_link->begin(*quorum, listens);

  node::ActiveControllerOptions controls;
  controls.self = settings.broker_id;
  controls.controller.cluster = data->cluster();
  controls.controller.session = settings.session_timeout;
  controls.controller.unclean_recovery_wait = settings.unclean_recovery_wait;
  controls.controller.balance_every = settings.leader_balance_interval;
  controls.controller.partitions_default = static_cast<std::int32_t>(settings.default_partitions);
  controls.controller.replicas_max = static_cast<std::size_t>(settings.max_partitions);
  controller =
      std::make_unique<node::ActiveController>(environment, *quorum, *view, std::move(controls));
  reconciler = std::make_unique<node::ReplicaReconciler>(settings.broker_id, *replicas);
  machine->add_listener(watch);
  make_router();
  machine->add_listener(*controller);
  if (broker_watch) machine->add_listener(*broker_watch);
  machine->add_listener(*router);
  machine->add_listener(*reconciler);
  outcome = co_await quorum->start();
  if (!outcome) outcome = within("opening the cluster's metadata", std::move(outcome).error());
  const bool alone = outcome && quorum->voters().size() == 1 && quorum->core().is_voter();
  if (outcome && !alone && !peer_server)
    outcome = fail(Errc::invalid_setting,
                   "broker_listen is off, but this broker's cluster has others: they talk to each "
                   "other there (9193 is the usual port)");
}

rpc::Limits Broker::Parts::limits_of(const BrokerSettings& settings) {
  rpc::Limits limits;
  limits.connections_max = static_cast<std::size_t>(settings.max_connections);
  limits.connections_per_address_max =
      static_cast<std::size_t>(settings.max_connections_per_address);
  limits.frame_budget_bytes = static_cast<std::size_t>(settings.in_flight_bytes_max);
  limits.answer_bytes_max = static_cast<std::size_t>(settings.answer_bytes_max);
  return limits;
}

Task<void> Broker::Parts::make_use_cases() {
  service::Advertised advertised = co_await service::look_up_advertised(
      environment, settings.advertised, environment.now() + kLookUpTimeout);
  uses = std::make_unique<service::UseCases>(
      service::Parts{.environment = environment,
                     .metadata = *view,
                     .replicas = *replicas,
                     .controller = *router,
                     .authorizer = authorizer,
                     .produce_budget = produce_budget,
                     .fetch_budget = fetch_budget,
                     .metrics = service_metrics,
                     .cluster_id = data->cluster(),
                     .self = settings.broker_id,
                     .advertised = std::move(advertised),
                     .controller_id = [this] { return watch.leader(); },
                     .lease_holds = [this] { return lease_holds(); },
                     .limits = service_limits(settings),
                     .auto_create_topics = settings.auto_create_topics,
                     .lost_directories = words_of(data->lost()),
                     .segment_bytes = settings.segment_bytes,
                     .settings = shown(settings)});
}

Task<Result<void>> Broker::Parts::start_serving() {
  co_await make_use_cases();
  if (settings.native_listen) {
    native::NativeOptions options;
    options.software_version = version();
    options.frame_bytes_max = static_cast<std::size_t>(settings.max_frame_bytes);
    native = std::make_unique<native::NativeListener>(environment, *uses, options);
    CO_TRY(native_server, co_await start_server(
                              "native", *settings.native_listen, native->sessions(), client_limits,
                              static_cast<std::size_t>(settings.max_frame_bytes)));
  }
  if (settings.kafka_listen) {
    kafka = std::make_unique<kafka::KafkaListener>(environment, *uses, kafka::KafkaOptions{});
    CO_TRY(kafka_server,
           co_await start_server("kafka", *settings.kafka_listen, kafka->sessions(), client_limits,
                                 static_cast<std::size_t>(settings.max_frame_bytes)));
  }
  co_return Result<void>();
}

Task<Result<std::unique_ptr<rpc::Server>>> Broker::Parts::start_server(
    std::string name, const settings::HostPort& listen, rpc::SessionFactory sessions,
    std::shared_ptr<rpc::SharedLimits> shared, std::size_t frame_bytes_max,
    std::shared_ptr<const env::TlsIdentity> tls) {
  rpc::ServerOptions serving;
  serving.connection.tls = std::move(tls);
  serving.name = std::move(name);
  serving.listen = endpoint_of(listen);
  serving.shared = std::move(shared);
  serving.limits.frame_bytes_max = frame_bytes_max;
  serving.limits.read_bytes_max = static_cast<std::size_t>(settings.receive_buffer_bytes);
  serving.limits.idle_max = settings.connection_idle_max;
  serving.limits.introduction_max = settings.negotiation_timeout;
  serving.limits.transfer_max = settings.transfer_timeout;
  auto server = std::make_unique<rpc::Server>(environment, std::move(serving), std::move(sessions));
  CO_TRY_VOID(co_await server->start());
  co_return server;
}

void Broker::Parts::register_listener(const char* name, const rpc::Server* server,
                                      metadata::BrokerRegistration& broker) const {
  if (server == nullptr) return;
  const auto said = settings.advertised.find(name);
  if (said == settings.advertised.end()) {
    const env::Endpoint address = server->local();
    broker.listeners.push_back({name, address.host, address.port});
    return;
  }
  for (const settings::HostPort& address : said->second)
    broker.listeners.push_back({name, address.host, address.port});
}

metadata::RegisterBroker Broker::Parts::registration(
    const replication::OpenedReplicas& opened) const {
  metadata::RegisterBroker event;
  event.cluster = data->cluster();
  event.broker.id = settings.broker_id;
  event.broker.incarnation = incarnation;
  event.broker.rack = settings.rack;
  event.broker.names_voters = !settings.quorum_voters.empty();
  event.broker.all_directories = data->lost().empty() && lost_directories.empty();
  for (const DirectoryId& id : data->ids())
    if (std::ranges::find(lost_directories, id) == lost_directories.end())
      event.broker.directories.push_back(id);
  event.broker.features = {{controller::kMetadataVersionFeature, controller::kMetadataVersionMin,
                            controller::kMetadataVersion}};
  register_listener("native", native_server.get(), event.broker);
  register_listener("kafka", kafka_server.get(), event.broker);
  register_listener("broker", peer_server.get(), event.broker);
  event.clean_stop_epoch = data->clean_stop_epoch();
  event.cut = opened.cut;
  event.damaged = opened.damaged;
  event.ends = opened.ends;
  return event;
}

// On the control core.
Task<void> Broker::Parts::give_up() {
  gave_up = true;
  if (membership) membership->give_up();
  if (router) co_await router->stop();
}

// On the control core: registers this life, brings the replicas in line, and is let in.
Task<void> Broker::Parts::join(replication::OpenedReplicas opened, Result<void>& outcome) {
  node::MembershipOptions options;
  options.registration = registration(opened);
  options.heartbeat_every = settings.heartbeat_interval;
  options.session = settings.session_timeout;
  options.margin = settings.session_timeout / kLeaseMarginShare;
  options.on_expelled = [this](const Error& error) { report_failure(error); };
  membership = std::make_unique<node::Membership>(environment, *router, *view, std::move(options));
  if (gave_up) membership->give_up();
  const env::MonotonicTime deadline = environment.now() + kJoinTimeout;
  const auto registered = co_await membership->register_now(deadline);
  if (!registered) {
    outcome = within("registering with the cluster", registered.error());
    co_return;
  }
  joined = true;
  environment.core(0).post(
      [this, epoch = *registered] { replicas->joined(*router, epoch, fetchers.get()); });
  reconciler->begin(view->get(), data->replicas());
  outcome = co_await membership->unfence(deadline);
  if (outcome) leased.store(membership.get(), std::memory_order_release);
  if (!outcome) outcome = within("joining the cluster", std::move(outcome).error());
}

// On any core.
bool Broker::Parts::lease_holds() const {
  const node::Membership* const member = leased.load(std::memory_order_acquire);
  return member != nullptr && member->lease().holds(environment.boot_now());
}

Result<void> Broker::Parts::ready() const {
  if (!unready.empty()) return fail(Errc::broker_not_available, "{}", unready);
  if (!lease_holds())
    return fail(Errc::broker_not_available,
                "no lease: the cluster's controller has not been heard of for too long");
  return {};
}

void Broker::Parts::report_failure(const Error& error) {
  environment.core(0).post([this, error] {
    if (const auto told = std::exchange(on_failure, nullptr)) told(error);
  });
}

// One disk may fail alone, but for the one that holds the metadata of the cluster.
void Broker::Parts::directory_failed(const log::LogDirectory& directory, const Error& error) {
  if (&directory == data->logs().front())
    return report_failure(
        {error.code, fmt::format("{}; it holds the metadata of the cluster", error.context)});
  environment.control_core().post([this, id = directory.meta().directory] {
    lost_directories.push_back(id);
    if (membership) membership->lost_directory(id);
  });
}

// On the control core: others take over what this broker leads, while it still answers its clients.
Task<void> Broker::Parts::hand_over() {
  if (leased.load() == nullptr) co_return;
  co_await membership->leave(environment.now() + settings.shutdown_timeout);
}

// On the control core: no heartbeats and no new wishes for the replicas.
Task<void> Broker::Parts::leave() {
  if (reconciler) reconciler->stop();
  if (membership) co_await membership->stop();
}

Task<void> Broker::Parts::stop_metadata() {
  if (router) co_await router->stop();
  if (controller) co_await controller->stop();
  if (controller_requests) co_await controller_requests->stop();
  if (quorum) co_await quorum->stop();
  co_await stop_links();
}

// The closed replicas have answered every produce, or will when a pool has walked its batch: on the
// cores of the connections, by what goes when this broker does.
Task<void> Broker::Parts::await_answers() {
  constexpr std::chrono::milliseconds kPause{1};
  const env::MonotonicTime until = environment.now() + kAnswersTimeout;
  while (produce_budget.used_bytes() > 0 && environment.now() < until) {
    const bool slept = co_await environment.core(0).sleep_until(environment.now() + kPause);
    if (!slept) break;
  }
  for (std::size_t index = 0; index < environment.core_count(); index++)
    co_await env::on(environment.core(index), nothing());
}

Task<void> Broker::Parts::stop() {
  unready = "stopping";
  co_await env::on(environment.control_core(), hand_over());
  if (native_server) co_await native_server->stop();
  if (native) co_await native->stop();
  if (kafka_server) co_await kafka_server->stop();
  if (kafka) co_await kafka->stop();
  co_await env::on(environment.control_core(), leave());
  if (fetchers) co_await fetchers->stop();
  const bool whole = replicas ? co_await replicas->stop() : false;
  if (replica_server) co_await replica_server->stop();
  co_await await_answers();
  if (peers) co_await peers->stop();
  if (peer_server) co_await peer_server->stop();
  co_await env::on(environment.control_core(), stop_metadata());
  if (data && joined && whole) {
    const auto marked =
        co_await data->write_clean_stop({membership->incarnation(), membership->epoch()});
    if (!marked) log_warn("leaving the mark of a clean stop: {}", marked.error());
  }
  joined = false;
  if (data) co_await data->close();
  if (admin_server) co_await admin_server->stop();
  if (admin) co_await admin->stop();
  // What a page that was given up has asked of that core has run then.
  co_await env::on(environment.control_core(), nothing());
}

Broker::Broker(env::Environment& environment, BrokerSettings settings,
               std::function<void(const Error&)> on_failure)
    : parts_(std::make_unique<Parts>(environment, std::move(settings), std::move(on_failure))) {}

Broker::~Broker() = default;

Task<Result<void>> Broker::start() {
  parts_->starting = true;
  auto started = co_await parts_->start();
  parts_->starting = false;
  co_return started;
}

Task<void> Broker::give_up_start() {
  if (!parts_->starting) co_return;
  co_await env::on(parts_->environment.control_core(), parts_->give_up());
}

Task<void> Broker::stop() { return parts_->stop(); }

ClusterId Broker::cluster_id() const { return parts_->data->cluster(); }

BrokerId Broker::id() const { return parts_->settings.broker_id; }

BrokerId Broker::controller() const { return parts_->watch.leader(); }

std::string Broker::ready_line() const {
  const auto address_of = [](const std::unique_ptr<rpc::Server>& server) {
    return server ? server->local().to_string() : "off";
  };
  return fmt::format("ready native={} broker={} kafka={} admin={} kinesis=off",
                     address_of(parts_->native_server), address_of(parts_->peer_server),
                     address_of(parts_->kafka_server), address_of(parts_->admin_server));
}

}  // namespace ropewalk
