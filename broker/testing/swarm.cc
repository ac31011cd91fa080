#include "broker/testing/swarm.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "common/log.h"

namespace ropewalk::testing {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, kFaults> kNames{
    "kill",      "kill_leader", "power_cut",  "blackout",     "clean_stop", "pause",
    "suspend",   "clock_drift", "clock_jump", "apart",        "isolation",  "one_way_cut",
    "halves",    "ring",        "slow_link",  "broken_links", "reset",      "full_disk",
    "slow_disk", "bad_sync",    "bad_write",  "bad_read",     "bit_flip",   "half_reset"};

constexpr auto kLookEvery = 500ms;

}  // namespace

std::string_view name_of(Fault fault) { return kNames[static_cast<std::size_t>(fault)]; }

std::optional<Fault> fault_named(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Fault>(found - kNames.begin());
}

Swarm::Swarm(SimCluster& cluster, std::vector<std::string> clients, std::uint64_t seed,
             SwarmLimits limits)
    : cluster_(cluster), limits_(std::move(limits)), random_(sim::derive_seed(seed, "swarm")) {
  for (std::size_t broker = 0; broker < cluster.brokers(); broker++)
    nodes_.push_back(cluster.node(broker).name());
  nodes_.insert(nodes_.end(), clients.begin(), clients.end());
  // Few kinds often find what all of them together hide.
  const double share = random_.chance(0.2) ? 1 : 0.15 + 0.5 * random_.unit();
  for (double& weight : weights_)
    if (random_.chance(share)) weight = 0.2 + random_.unit();
  if (!limits_.only.empty()) {
    weights_.fill(0);
    for (const Fault fault : limits_.only) weights_[static_cast<std::size_t>(fault)] = 1;
  }
  const auto without = [this](Fault fault) { weights_[static_cast<std::size_t>(fault)] = 0; };
  if (limits_.one_copy) without(Fault::bit_flip);
  if (limits_.memory_counts) without(Fault::blackout);
  if (limits_.memory_counts && limits_.one_copy) {
    without(Fault::power_cut);
    without(Fault::bad_sync);
  }
  forgetful_ = any_broker();
  if (std::accumulate(weights_.begin(), weights_.end(), 0.0) == 0)
    weights_[static_cast<std::size_t>(Fault::kill)] = 1;
  pause_between_ = std::chrono::milliseconds(300 + random_.below(4000));
  if (limits_.pause_between) pause_between_ = *limits_.pause_between;
}

void Swarm::schedule(Span in, std::function<void()> action) {
  sim::World& world = cluster_.world().world();
  world.schedule(world.now() + in, nullptr,
                 [active = std::weak_ptr<bool>(active_), action = std::move(action)] {
                   if (!active.expired()) action();
                 });
}

void Swarm::begin() {
  active_ = std::make_shared<bool>(true);
  next();
  look_after_brokers();
}

void Swarm::next() {
  schedule(span(pause_between_ / 4, pause_between_ * 2), [this] {
    double at = random_.unit() * std::accumulate(weights_.begin(), weights_.end(), 0.0);
    std::size_t chosen = 0;
    while (chosen + 1 < kFaults && (at -= weights_[chosen]) >= 0) chosen++;
    const auto fault = static_cast<Fault>(chosen);
    if (weights_[chosen] > 0 && strike(fault)) commit(fault);
    next();
  });
}

void Swarm::commit(Fault fault) {
  counts_[static_cast<std::size_t>(fault)]++;
  log_info("fault: {}", name_of(fault));
}

// A service manager starts again whoever has given up.
void Swarm::look_after_brokers() {
  for (std::size_t broker = 0; broker < cluster_.brokers(); broker++) {
    const auto started = cluster_.started(broker);
    const bool gave_up = (started && !*started) || cluster_.failure(broker);
    if (!cluster_.lives(broker)) continue;
    if (!gave_up && !cluster_.stopped(broker)) continue;
    if (gave_up)
      log_info("broker {} gave up: {}", broker + 1,
               cluster_.failure(broker) ? *cluster_.failure(broker) : started->error());
    cluster_.kill(broker);
    come_back(broker, span(100ms, 3s));
  }
  schedule(kLookEvery, [this] { look_after_brokers(); });
}

void Swarm::come_back(std::size_t broker, Span in) {
  schedule(in, [this, broker] {
    if (!cluster_.lives(broker)) cluster_.begin_start(broker);
  });
}

Result<void> Swarm::heal() {
  active_.reset();
  sim::Fabric& network = cluster_.world().network();
  network.heal();
  network.connection_loss = 0;
  for (const std::string& from : nodes_)
    for (const std::string& to : nodes_) network.set_link(from, to, network.link);
  for (std::size_t broker = 0; broker < cluster_.brokers(); broker++) {
    cluster_.node(broker).set_clock_rate(1);
    cluster_.disk(broker).faults = {};
  }
  // Who stands still goes on by itself.
  cluster_.world().run_until(
      [this] {
        return std::ranges::none_of(
            nodes_, [this](const auto& node) { return cluster_.world().node(node).paused(); });
      },
      5min);
  for (std::size_t broker = 0; broker < cluster_.brokers(); broker++) {
    const auto started = cluster_.started(broker);
    const bool gave_up = (started && !*started) || cluster_.failure(broker);
    const bool must_start_anew = gave_up || cluster_.stopping(broker) || hurt_.contains(broker);
    if (must_start_anew) cluster_.kill(broker);
  }
  return cluster_.start_all();
}

std::uint64_t Swarm::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::string Swarm::describe() const {
  std::string text;
  for (std::size_t i = 0; i < kFaults; i++)
    if (weights_[i] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kNames[i], counts_[i]);
  return text;
}

Swarm::Span Swarm::span(Span least, Span most) {
  const double part = random_.unit();
  return least + std::chrono::duration_cast<Span>((most - least) * (part * part));
}

}  // namespace ropewalk::testing
