// A simulated world with one node, for rigs that drive what runs there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "common/env/sim/simulation.h"
#include "common/error.h"

namespace ropewalk {

struct NodeRig {
  NodeRig(std::uint64_t seed, std::size_t cores)
      : world(seed), node(world.add_node("a", {.cores = cores})) {}

  env::Environment& environment() { return node.environment(); }
  env::Core& core() { return environment().core(0); }
  // Runs the function on the first core and returns when it has run.
  template <class F>
  void on_core(F function) {
    bool ran = false;
    core().post([&] {
      function();
      ran = true;
    });
    ENSURE(world.run_until([&] { return ran; }, std::chrono::seconds(10)), "a job did not run");
  }
  bool until(const std::function<bool()>& predicate) {
    return world.run_until(predicate, std::chrono::seconds(30));
  }

  sim::Simulation world;
  sim::Node& node;
};

}  // namespace ropewalk
