// A cluster of whole brokers, and clients of it, in one simulated world.
//
//   testing::SimCluster cluster({.seed = 7});
//   ASSERT_TRUE(cluster.start(0));
//   Producer producer(cluster.client(), {});
//   ...
//   cluster.power_cut(0);
//   ASSERT_TRUE(cluster.start(0));
//
// Used from the test's thread, outside all tasks; what waits for nothing, from an event of the
// world too. Brokers count from 0; broker N has id N+1 and is the node "broker-(N+1)". A cluster of
// one is formatted by its broker; of more all vote on the metadata unless told otherwise, and their
// directories are formatted with the cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.h"
#include "common/env/sim/simulation.h"
#include "common/error.h"
#include "common/settings/broker_settings.h"
#include "ropewalk/client.h"

namespace ropewalk::testing {

struct SimClusterOptions {
  std::size_t brokers = 1;
  std::size_t voters = 0;  // The first so many, 1, 3 or 5; 0: all.
  std::uint64_t seed = 1;
  std::size_t cores = 1;        // Data cores of a broker.
  std::size_t directories = 1;  // Of a broker: "/data", "/data-2", ...
  std::int64_t segment_bytes = std::int64_t{1} << 20;
  std::int64_t decompression_bytes_max = BrokerSettings{}.decompression_bytes_max;
  std::chrono::milliseconds election_timeout = BrokerSettings{}.election_timeout;
};

class SimCluster {
 public:
  explicit SimCluster(SimClusterOptions options);
  ~SimCluster();
  SimCluster(const SimCluster&) = delete;
  SimCluster& operator=(const SimCluster&) = delete;

  sim::Simulation& world() { return world_; }
  std::size_t brokers() const { return brokers_.size(); }
  sim::Node& node(std::size_t broker) { return *brokers_.at(broker).node; }
  sim::Disk& disk(std::size_t broker, std::size_t directory = 0) {
    return node(broker).disk(path_of(directory));
  }

  // Begins a life; the start goes on while the world runs. Pre: the broker does not live.
  void begin_start(std::size_t broker);
  // What came of the start; nothing yet while it goes on.
  std::optional<Result<void>> started(std::size_t broker) const;
  // Begins a life and waits until it serves or has failed.
  Result<void> start(std::size_t broker, sim::Duration limit = std::chrono::seconds(120));
  // Begins those that do not live and waits for all of them. The first error.
  Result<void> start_all(sim::Duration limit = std::chrono::seconds(120));

  bool lives(std::size_t broker) const { return brokers_.at(broker).broker != nullptr; }
  // Who is the controller, as the brokers that live believe; none while they do not agree.
  std::optional<std::size_t> controller() const;

  // What the broker said when it could not go on; the test should then kill it.
  std::optional<Error> failure(std::size_t broker) const;

  // The process is gone at once, also in the middle of its start.
  void kill(std::size_t broker);
  sim::PowerCutDamage power_cut(std::size_t broker);
  // Its first disk is gone: another one is in its place, formatted for a broker that joins, and
  // the broker's settings no longer name it a voter. Pre: it does not live.
  void lose_disk(std::size_t broker);
  // Ends as after SIGTERM: stop(), then the process goes.
  void stop(std::size_t broker);
  // The same while the world runs; once it has stopped, the test should kill it. Pre: it lives.
  void begin_stop(std::size_t broker);
  bool stopping(std::size_t broker) const;
  bool stopped(std::size_t broker) const;

  // A client on a node of its own ("client"), which knows all brokers. It is never killed.
  Client& client() { return *clients_.front(); }
  // One more, on a node that is made for it. `options.brokers` is filled in. Lives as long as this.
  Client& add_client(const std::string& node, ClientOptions options);

 private:
  static std::string path_of(std::size_t directory);
  struct Life {
    std::optional<Result<void>> started;
    std::optional<Error> failure;
    bool stopping = false;
    bool stopped = false;
  };
  struct Member {
    sim::Node* node = nullptr;
    bool rejoins = false;  // It is no first voter any more.
    std::unique_ptr<Broker> broker;
    std::shared_ptr<Life> life;
  };
  BrokerSettings settings_of(std::size_t broker) const;
  void format_all();
  void format(std::size_t broker);
  std::size_t voters() const;

  const SimClusterOptions options_;
  sim::Simulation world_;
  std::vector<Member> brokers_;
  std::vector<sim::Node*> client_nodes_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace ropewalk::testing
