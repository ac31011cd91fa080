// The page of metrics: asks the parts one after the other. What is counted, each part says itself.
#include <chrono>
#include <string>

#include "broker/metadata/cluster_health.h"
#include "broker/parts.h"
#include "broker/telemetry/page.h"
#include "common/env/event.h"
#include "common/version.h"

namespace ropewalk {
namespace {

using telemetry::Family;
using telemetry::Page;

// A core that does not answer for so long is left out of the page.
constexpr std::chrono::seconds kAnswerTimeout{5};

constexpr Family kBuild{"ropewalk_build_info", "The version of this broker; always 1."};
constexpr Family kBroker{"ropewalk_broker_info",
                         "Which broker of which cluster this is; always 1."};
constexpr Family kReady{"ropewalk_ready", "Whether /readyz says that this broker serves."};
constexpr Family kCoreDelay{
    "ropewalk_core_delay_seconds",
    "How long a job that was posted for this page waited for its turn on a core."};

constexpr Family kLease{"ropewalk_lease_held",
                        "Whether the cluster lets this broker serve at this moment."};
constexpr Family kBudgetUsed{
    "ropewalk_budget_used_bytes",
    "Memory in use: produce (batches that are not acknowledged yet), fetch (answers that are not "
    "sent yet), frames (requests that are being received), answers (that clients have not taken "
    "yet)."};
constexpr Family kBudgetLimit{
    "ropewalk_budget_limit_bytes",
    "What the settings allow of each budget; decompression is of one batch, not of all."};

constexpr Family kReplicasLimit{
    "ropewalk_replicas_limit",
    "How many replicas a broker may hold before topics that would bring more are refused "
    "(max_partitions)."};

constexpr Family kUnderReplicated{
    "ropewalk_under_replicated_partitions",
    "Partitions that this broker leads with fewer in-sync replicas than replicas."};
constexpr Family kAtMinInSync{
    "ropewalk_at_min_in_sync_partitions",
    "Partitions that this broker leads with just min.insync.replicas in-sync replicas."};
constexpr Family kUnderMinInSync{
    "ropewalk_under_min_in_sync_partitions",
    "Partitions that this broker leads with too few in-sync replicas: acks=all is refused."};
constexpr Family kReassigning{"ropewalk_reassigning_partitions",
                              "Partitions that this broker leads and whose replicas are moved."};
constexpr Family kOffline{"ropewalk_offline_partitions",
                          "Partitions of the cluster without a leader, as this broker knows it."};
constexpr Family kPartitions{"ropewalk_cluster_partitions",
                             "Partitions of the cluster, as this broker knows it."};
constexpr Family kTopics{"ropewalk_cluster_topics",
                         "Topics of the cluster, as this broker knows it."};
constexpr Family kBrokers{"ropewalk_cluster_brokers",
                          "Brokers of the cluster by state: active, fenced, stopping."};

constexpr Family kStarted{"process_start_time_seconds",
                          "When the process started, in seconds since 1970."};
constexpr Family kCpu{"process_cpu_seconds_total", "CPU time of the process, user and system."};
constexpr Family kResident{"process_resident_memory_bytes",
                           "Memory of the process that is in RAM."};
constexpr Family kVirtual{"process_virtual_memory_bytes", "Address space of the process."};
constexpr Family kOpenFiles{"process_open_fds", "File descriptors that are open."};
constexpr Family kOpenFilesMax{"process_max_fds", "How many file descriptors may be open."};

constexpr Family kPeerConnections{
    "ropewalk_peer_connections_total",
    "Connections of this broker to others, for metadata and the controller, that came about."};
constexpr Family kPeerFailures{"ropewalk_peer_connection_failures_total",
                               "Attempts at those that came to nothing, refused ones included."};
constexpr Family kPeerRefused{"ropewalk_peer_connections_refused_total",
                              "Attempts at those where nobody listened."};
constexpr Family kPeerDropped{
    "ropewalk_peer_messages_dropped_total",
    "Messages of the metadata log to other brokers that never left; they are said again."};

constexpr Family kCertificateEnds{
    "ropewalk_broker_certificate_expiry_timestamp_seconds",
    "When the certificate ends by which this broker proves to others who it is (Unix time)."};

void show_links(const rpc::PeerLinkCounts& counts, Page& page) {
  page.counter(kPeerConnections, {}, counts.connected);
  page.counter(kPeerFailures, {}, counts.failed);
  page.counter(kPeerRefused, {}, counts.refused);
  page.counter(kPeerDropped, {}, counts.dropped);
}

Task<void> show_process(env::Environment& environment, env::MonotonicTime deadline, Page& page) {
  env::OneShot<std::optional<env::ProcessStats>> asked(environment.core(0));
  env::Job ask = [asked, &environment] { asked.set(environment.process_stats()); };
  environment.compute(std::move(ask), environment.core(0), [] {});
  const auto answered = co_await asked.wait_until(deadline);
  if (!answered || !*answered) co_return;
  const env::ProcessStats& stats = **answered;
  page.gauge(kStarted, {}, std::chrono::duration<double>(stats.started.time_since_epoch()).count());
  page.counter_seconds(kCpu, {}, stats.cpu_seconds);
  page.gauge(kResident, {}, stats.resident_bytes);
  page.gauge(kVirtual, {}, stats.virtual_bytes);
  page.gauge(kOpenFiles, {}, stats.open_files);
  page.gauge(kOpenFilesMax, {}, stats.open_files_max);
}

// What the image says. Counting thousands of partitions is the pool's work.
Task<void> show_cluster(env::Environment& environment, metadata::ImagePtr image, BrokerId self,
                        env::MonotonicTime deadline, Page& page) {
  env::OneShot<metadata::ClusterHealth> asked(environment.core(0));
  env::Job count = [asked, image, self] { asked.set(metadata::health_of(*image, self)); };
  environment.compute(std::move(count), environment.core(0), [] {});
  const auto health = co_await asked.wait_until(deadline);
  if (!health) co_return;
  page.gauge(kUnderReplicated, {}, std::uint64_t{health->led.under_replicated});
  page.gauge(kAtMinInSync, {}, std::uint64_t{health->led.at_min_in_sync});
  page.gauge(kUnderMinInSync, {}, std::uint64_t{health->led.under_min_in_sync});
  page.gauge(kReassigning, {}, std::uint64_t{health->led.reassigning});
  page.gauge(kOffline, {}, std::uint64_t{health->all.without_leader});
  page.gauge(kPartitions, {}, std::uint64_t{health->all.partitions});
  page.gauge(kTopics, {}, std::uint64_t{health->topics});
  std::uint64_t active = 0, fenced = 0, stopping = 0;
  for (const auto& [id, broker] : image->brokers())
    (broker->fenced ? fenced : broker->in_controlled_shutdown ? stopping : active)++;
  page.gauge(kBrokers, {{"state", "active"}}, active);
  page.gauge(kBrokers, {{"state", "fenced"}}, fenced);
  page.gauge(kBrokers, {{"state", "stopping"}}, stopping);
}

Task<void> show_cores(env::Environment& environment, env::MonotonicTime deadline, Page& page) {
  for (std::size_t index = 0; index <= environment.core_count(); index++) {
    env::OneShot<env::MonotonicTime> asked(environment.core(0));
    const env::MonotonicTime posted = environment.now();
    environment.core(index).post([asked, &environment] { asked.set(environment.now()); });
    const auto ran = co_await asked.wait_until(deadline);
    if (!ran) continue;
    const std::string name =
        index == environment.core_count() ? "control" : fmt::format("{}", index);
    page.gauge(kCoreDelay, {{"core", name}}, std::chrono::duration<double>(*ran - posted).count());
  }
}

// What lives on the control core; nothing if that does not answer in time.
Task<void> add_page_of(env::Core& core, std::function<Page()> make, env::MonotonicTime deadline,
                       env::Environment& environment, Page& page) {
  env::OneShot<Page> asked(environment.core(0));
  core.post([asked, make = std::move(make)] { asked.set(make()); });
  auto answered = co_await asked.wait_until(deadline);
  if (answered) page.add(std::move(*answered));
}

}  // namespace

void Broker::Parts::show_data(Page& page) const {
  for (const log::LogDirectory* const directory : data->logs()) directory->show(page);
  for (const DataDirectories::Lost& lost : data->lost())
    log::LogDirectory::show_lost(page, lost.root);
  if (replicas) replicas->show(page);
  if (peer_tls)
    page.gauge(kCertificateEnds, {},
               std::chrono::duration<double>(peer_tls->expires().time_since_epoch()).count());
}

void Broker::Parts::show_budgets(Page& page) const {
  page.gauge(kBudgetUsed, {{"budget", "produce"}}, std::uint64_t{produce_budget.used_bytes()});
  page.gauge(kBudgetUsed, {{"budget", "fetch"}}, std::uint64_t{fetch_budget.used_bytes()});
  page.gauge(kBudgetLimit, {{"budget", "produce"}}, std::uint64_t{produce_budget.limit_bytes()});
  page.gauge(kBudgetLimit, {{"budget", "fetch"}}, std::uint64_t{fetch_budget.limit_bytes()});
  page.gauge(kBudgetLimit, {{"budget", "decompression"}},
             static_cast<double>(settings.decompression_bytes_max));
  page.gauge(kReplicasLimit, {}, static_cast<double>(settings.max_partitions));
  const rpc::SharedLimits& shared = *client_limits;
  page.gauge(kBudgetUsed, {{"budget", "frames"}}, std::uint64_t{shared.frames->used_bytes()});
  page.gauge(kBudgetLimit, {{"budget", "frames"}}, std::uint64_t{shared.frames->limit_bytes()});
  page.gauge(kBudgetUsed, {{"budget", "answers"}}, std::uint64_t{shared.answers.used_bytes()});
  page.gauge(kBudgetLimit, {{"budget", "answers"}}, std::uint64_t{shared.answers.limit_bytes});
}

Page Broker::Parts::control_page() const {
  Page page;
  if (quorum) quorum->show(page);
  if (controller) controller->show(page);
  if (router) router->show(page);
  if (membership) membership->show(page);
  if (links) show_links(links->counts(), page);
  return page;
}

Task<std::string> Broker::Parts::metrics_page() {
  const env::MonotonicTime deadline = environment.now() + kAnswerTimeout;
  Page page;
  page.gauge(kBuild, {{"version", version()}}, true);
  page.gauge(kBroker,
             {{"cluster_id", fmt::format("{}", data->cluster())},
              {"broker_id", fmt::format("{}", settings.broker_id)}},
             true);
  page.gauge(kReady, {}, ready().has_value());
  page.gauge(kLease, {}, lease_holds());
  if (native) native->show(page);
  if (kafka) kafka->show(page);
  service_metrics.show(page);
  if (native_server) native_server->show(page);
  if (kafka_server) kafka_server->show(page);
  if (peer_server) peer_server->show(page);
  if (admin_server) admin_server->show(page);
  show_budgets(page);
  show_data(page);
  std::function<Page()> of_control = [this] { return control_page(); };
  co_await add_page_of(environment.control_core(), std::move(of_control), deadline, environment,
                       page);
  if (view) co_await show_cluster(environment, view->get(), settings.broker_id, deadline, page);
  co_await show_cores(environment, deadline, page);
  co_await show_process(environment, deadline, page);
  co_return page.text();
}

}  // namespace ropewalk
