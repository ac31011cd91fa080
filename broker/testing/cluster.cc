// What programs of others see of the simulated cluster (client/include/ropewalk/testing).
#include "ropewalk/testing/cluster.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "broker/testing/sim_cluster.h"
#include "broker/testing/swarm.h"
#include "broker/testing/world_log.h"

namespace ropewalk::testing {
namespace {

constexpr int kVotersMax = 5;

// Two and four voters are only for the way (architecture, D7).
std::size_t voters_of(int brokers) {
  const int most = std::min(brokers, kVotersMax);
  return static_cast<std::size_t>(most % 2 == 0 ? most - 1 : most);
}

SimClusterOptions to_sim(const ClusterOptions& options) {
  ENSURE(options.brokers > 0, "a cluster of {} brokers", options.brokers);
  return {.brokers = static_cast<std::size_t>(options.brokers),
          .voters = voters_of(options.brokers),
          .seed = options.seed.value_or(sim::seed_from_environment(1))};
}

}  // namespace

class Cluster::World {
 public:
  explicit World(const ClusterOptions& options)
      : cluster(to_sim(options)), log(cluster.world().world()) {}

  std::size_t index_of(int broker) const {
    ENSURE(broker > 0 && static_cast<std::size_t>(broker) <= cluster.brokers(),
           "there is no broker {}: their ids are 1 to {}", broker, cluster.brokers());
    return static_cast<std::size_t>(broker) - 1;
  }

  SimCluster cluster;
  WorldLog log;
  std::size_t added_clients = 0;
  std::unique_ptr<Swarm> swarm;
};

Cluster::Cluster(ClusterOptions options) : world_(std::make_unique<World>(options)) {
  const auto started = world_->cluster.start_all();
  ENSURE(started, "seed {}: {}", seed(), started.error());
}

Cluster::~Cluster() = default;

std::uint64_t Cluster::seed() const { return world_->cluster.world().seed(); }
int Cluster::brokers() const { return static_cast<int>(world_->cluster.brokers()); }

Client& Cluster::client() { return world_->cluster.client(); }
Client& Cluster::add_client(ClientOptions options) {
  return world_->cluster.add_client(fmt::format("client-{}", ++world_->added_clients + 1),
                                    std::move(options));
}

Cluster::Duration Cluster::now() const { return world_->cluster.world().now(); }
void Cluster::run_for(Duration how_long) { world_->cluster.world().run_for(how_long); }
bool Cluster::run_until(const std::function<bool()>& predicate, Duration limit) {
  return world_->cluster.world().run_until(predicate, limit);
}

void Cluster::kill(int broker) { world_->cluster.kill(world_->index_of(broker)); }
void Cluster::cut_power(int broker) { world_->cluster.power_cut(world_->index_of(broker)); }
void Cluster::stop(int broker) { world_->cluster.stop(world_->index_of(broker)); }

Result<void> Cluster::start(int broker) {
  const std::size_t index = world_->index_of(broker);
  if (world_->cluster.lives(index)) return world_->cluster.started(index).value_or(Result<void>());
  const auto started = world_->cluster.start(index);
  if (!started) world_->cluster.kill(index);
  return started;
}

bool Cluster::lives(int broker) const { return world_->cluster.lives(world_->index_of(broker)); }

std::optional<int> Cluster::controller() const {
  const auto index = world_->cluster.controller();
  if (!index) return std::nullopt;
  return static_cast<int>(*index) + 1;
}

void Cluster::isolate(int broker) {
  world_->cluster.world().network().isolate(world_->cluster.node(world_->index_of(broker)).name());
}
void Cluster::reconnect() { world_->cluster.world().network().heal(); }

void Cluster::begin_faults() {
  if (!world_->swarm)
    world_->swarm = std::make_unique<Swarm>(world_->cluster, std::vector<std::string>(), seed(),
                                            SwarmLimits{.one_copy = brokers() == 1});
  world_->swarm->begin();
}

Result<void> Cluster::end_faults() {
  return world_->swarm ? world_->swarm->heal() : Result<void>();
}

std::string Cluster::faults() const { return world_->swarm ? world_->swarm->describe() : ""; }

}  // namespace ropewalk::testing
