// A whole world on one thread: nodes with disks and clocks, a network between them, one seed.
//
//   sim::Simulation world(seed);
//   sim::Node& node = world.add_node("a");
//   auto files = node.environment().open_file_system({.root = "/data"});
//   world.run(node.environment().core(0), write_something(**files));
//   node.power_cut();                       // Then destroy what the process had built.
//   ... node.environment() ...              // The next life, on the same disk.
//
// Used from the test's thread, outside all tasks. Objects that a process built (file systems,
// brokers) go after Node::kill() or power_cut() and before the Simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>

#include "common/env/sim/fabric.h"
#include "common/env/sim/node.h"
#include "common/env/sim/world.h"
#include "common/error.h"

namespace ropewalk::sim {

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  std::uint64_t seed() const { return world_.seed(); }
  Node& add_node(std::string name, NodeOptions options = {});
  Node& node(std::string_view name);
  Fabric& network() { return *fabric_; }

  // True time since the beginning.
  Duration now() const { return world_.now(); }
  // Chance for the test's own decisions, a stream apart from the world's.
  env::Random& random() { return random_; }
  World& world() { return world_; }

  // Until the predicate holds (looked at after every step) or that much time has passed; returns
  // what the predicate says then.
  bool run_until(const std::function<bool()>& predicate, Duration limit);
  void run_for(Duration how_long);
  // Runs a task on a core and returns its result. A task that has not ended within `limit`, or
  // whose node was killed, is a failure of the test (ENSURE).
  template <class T>
  T run(env::Core& core, Task<T> task, Duration limit = std::chrono::hours(1));

  // Equal for two runs of the same seed and program, in whatever process.
  std::uint64_t trace_hash() const { return world_.trace_hash(); }
  // How often each fault and event happened, by name ("node.kill", "power_cut.torn_file").
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const {
    return world_.counts();
  }

 private:
  World world_;
  env::Random random_;
  std::unique_ptr<Fabric> fabric_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

// The seed that RW_SEED names, or the default.
std::uint64_t seed_from_environment(std::uint64_t otherwise);
// "node.kill 3\nnode.power_cut 1\n...".
std::string describe(const std::map<std::string, std::uint64_t, std::less<>>& counts);

template <class T>
T Simulation::run(env::Core& core, Task<T> task, Duration limit) {
  auto result = std::make_shared<std::optional<T>>();
  auto done = [result](std::exception_ptr error, T value) {
    if (error) std::rethrow_exception(error);
    result->emplace(std::move(value));
  };
  boost::asio::co_spawn(core.executor(), std::move(task), std::move(done));
  const bool ended = run_until([result] { return result->has_value(); }, limit);
  ENSURE(ended, "seed {}: a task did not end", seed());
  return std::move(**result);
}

template <>
void Simulation::run<void>(env::Core& core, Task<void> task, Duration limit);

}  // namespace ropewalk::sim
