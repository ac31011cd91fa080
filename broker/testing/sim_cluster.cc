#include "broker/testing/sim_cluster.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "broker/tools/format_broker.h"

namespace ropewalk::testing {

namespace {

constexpr std::uint16_t kNativePort = 9192;
constexpr std::uint16_t kKafkaPort = 9092;
constexpr std::uint16_t kAdminPort = 9644;
constexpr std::uint16_t kBrokerPort = 9193;

std::string host_of(std::size_t broker) { return fmt::format("broker-{}", broker + 1); }

// Ids that every run of every seed has.
Uuid fixed_id(std::uint8_t kind, std::size_t number) {
  Uuid id;
  id.bytes[0] = kind;
  id.bytes[15] = static_cast<std::uint8_t>(number + 1);
  return id;
}

void clear(sim::Disk& disk) {
  std::vector<std::string> paths = disk.paths();
  std::ranges::sort(paths, std::greater());  // What is in a folder before the folder.
  for (const std::string& path : paths) {
    const auto removed = disk.remove(path);
    ENSURE(removed, "{}", removed.error());
  }
}

}  // namespace

SimCluster::SimCluster(SimClusterOptions options) : options_(options), world_(options.seed) {
  for (std::size_t broker = 0; broker < options.brokers; broker++)
    brokers_.push_back(
        {&world_.add_node(host_of(broker), {.cores = options.cores}), false, {}, {}});
  if (options.brokers > 1) format_all();
  ClientOptions client;
  client.request_timeout = std::chrono::seconds(10);
  add_client("client", std::move(client));
}

SimCluster::~SimCluster() {
  clients_.clear();
  for (std::size_t broker = 0; broker < brokers_.size(); broker++) kill(broker);
  for (sim::Node* const node : client_nodes_) node->kill();
}

Client& SimCluster::add_client(const std::string& node, ClientOptions options) {
  options.brokers.clear();
  for (std::size_t broker = 0; broker < brokers_.size(); broker++)
    options.brokers.push_back(fmt::format("{}:{}", host_of(broker), kNativePort));
  client_nodes_.push_back(&world_.add_node(node));
  clients_.push_back(
      std::make_unique<Client>(client_nodes_.back()->environment(), 0, std::move(options)));
  return *clients_.back();
}

std::string SimCluster::path_of(std::size_t directory) {
  return directory == 0 ? "/data" : fmt::format("/data-{}", directory + 1);
}

std::size_t SimCluster::voters() const {
  return options_.voters == 0 ? options_.brokers : options_.voters;
}

BrokerSettings SimCluster::settings_of(std::size_t broker) const {
  BrokerSettings settings;
  for (std::size_t i = 0; i < options_.directories; i++) settings.data_dirs.push_back(path_of(i));
  settings.broker_id = BrokerId(static_cast<std::int32_t>(broker) + 1);
  settings.native_listen = settings::HostPort{"0.0.0.0", kNativePort};
  settings.kafka_listen = settings::HostPort{"0.0.0.0", kKafkaPort};
  settings.admin_listen = settings::HostPort{"0.0.0.0", kAdminPort};
  settings.advertised["native"] = {{host_of(broker), kNativePort}};
  settings.allow_insecure = true;
  if (options_.brokers > 1) {
    settings.broker_listen = settings::HostPort{"0.0.0.0", kBrokerPort};
    settings.advertised["broker"] = {{host_of(broker), kBrokerPort}};
    settings.cluster_id = ClusterId(fixed_id(1, 0));
    for (std::size_t voter = 0; voter < voters(); voter++) {
      if (voter == broker && brokers_.at(broker).rejoins) continue;
      settings.quorum_voters.push_back({BrokerId(static_cast<std::int32_t>(voter) + 1),
                                        {host_of(voter), kBrokerPort},
                                        DirectoryId(fixed_id(2, voter))});
    }
  }
  settings.cores = static_cast<std::int64_t>(options_.cores);
  settings.segment_bytes = options_.segment_bytes;
  settings.decompression_bytes_max = options_.decompression_bytes_max;
  settings.election_timeout = options_.election_timeout;
  return settings;
}

void SimCluster::format_all() {
  for (std::size_t broker = 0; broker < brokers_.size(); broker++) format(broker);
}

void SimCluster::format(std::size_t broker) {
  env::Environment& environment = brokers_[broker].node->environment();
  auto options = tools::format_options(settings_of(broker));
  ENSURE(options, "{}", options.error());
  auto formatted =
      world_.run(environment.core(0),
                 tools::format_broker(environment, *std::move(options), [](std::string_view) {}));
  ENSURE(formatted, "{}", formatted.error());
  brokers_[broker].node->kill();
}

void SimCluster::lose_disk(std::size_t broker) {
  ENSURE(!lives(broker), "broker {} lives", broker);
  clear(disk(broker));
  clear(node(broker).disk(path_of(0) + "/quorum"));
  brokers_.at(broker).rejoins = true;
  format(broker);
}

void SimCluster::begin_start(std::size_t index) {
  Member& member = brokers_.at(index);
  ENSURE(!member.broker, "broker {} lives", index);
  sim::SimEnvironment& environment = member.node->environment();
  auto life = std::make_shared<Life>();
  member.life = life;
  member.broker = std::make_unique<Broker>(environment, settings_of(index),
                                           [life](const Error& error) { life->failure = error; });
  auto done = [life](std::exception_ptr escaped, Result<void> result) {
    if (escaped) std::rethrow_exception(escaped);
    life->started = std::move(result);
  };
  boost::asio::co_spawn(environment.core(0).executor(), member.broker->start(), std::move(done));
}

std::optional<Result<void>> SimCluster::started(std::size_t broker) const {
  const Member& member = brokers_.at(broker);
  return member.life ? member.life->started : std::nullopt;
}

Result<void> SimCluster::start(std::size_t broker, sim::Duration limit) {
  begin_start(broker);
  if (!world_.run_until([&] { return started(broker).has_value(); }, limit))
    return fail(Errc::request_timed_out, "broker {} did not start", broker + 1);
  return *started(broker);
}

Result<void> SimCluster::start_all(sim::Duration limit) {
  for (std::size_t broker = 0; broker < brokers_.size(); broker++)
    if (!lives(broker)) begin_start(broker);
  const auto all_started = [&] {
    for (std::size_t broker = 0; broker < brokers_.size(); broker++)
      if (!started(broker)) return false;
    return true;
  };
  if (!world_.run_until(all_started, limit))
    return fail(Errc::request_timed_out, "not all brokers started");
  for (std::size_t broker = 0; broker < brokers_.size(); broker++) TRY_VOID(*started(broker));
  return {};
}

std::optional<std::size_t> SimCluster::controller() const {
  std::optional<BrokerId> found;
  for (const Member& member : brokers_) {
    if (!member.broker) continue;
    const BrokerId believed = member.broker->controller();
    if (believed == kNoBroker || (found && *found != believed)) return std::nullopt;
    found = believed;
  }
  if (!found) return std::nullopt;
  return static_cast<std::size_t>(found->value()) - 1;
}

std::optional<Error> SimCluster::failure(std::size_t broker) const {
  const Member& member = brokers_.at(broker);
  return member.life ? member.life->failure : std::nullopt;
}

void SimCluster::kill(std::size_t broker) {
  Member& member = brokers_.at(broker);
  member.node->kill();
  member.broker.reset();
}

sim::PowerCutDamage SimCluster::power_cut(std::size_t broker) {
  Member& member = brokers_.at(broker);
  const sim::PowerCutDamage damage = member.node->power_cut();
  member.broker.reset();
  return damage;
}

void SimCluster::begin_stop(std::size_t broker) {
  Member& member = brokers_.at(broker);
  ENSURE(member.broker, "broker {} does not live", broker);
  if (std::exchange(member.life->stopping, true)) return;
  world_.world().count("broker.clean_stop");
  auto done = [life = member.life](std::exception_ptr escaped) {
    if (escaped) std::rethrow_exception(escaped);
    life->stopped = true;
  };
  boost::asio::co_spawn(member.node->environment().core(0).executor(), member.broker->stop(),
                        std::move(done));
}

bool SimCluster::stopping(std::size_t broker) const {
  const Member& member = brokers_.at(broker);
  return member.life && member.life->stopping;
}

bool SimCluster::stopped(std::size_t broker) const {
  const Member& member = brokers_.at(broker);
  return member.life && member.life->stopped;
}

void SimCluster::stop(std::size_t broker) {
  if (!lives(broker)) return;
  begin_stop(broker);
  const bool in_time = world_.run_until([&] { return stopped(broker); }, std::chrono::hours(1));
  ENSURE(in_time, "seed {}: broker {} does not stop", world_.seed(), broker + 1);
  kill(broker);
}

}  // namespace ropewalk::testing
