#include "common/env/sim/simulation.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace ropewalk::sim {

Simulation::Simulation(std::uint64_t seed)
    : world_(seed), random_(derive_seed(seed, "test")), fabric_(std::make_unique<Fabric>(world_)) {}

Simulation::~Simulation() {
  for (auto& node : nodes_)
    if (node->alive()) node->environment().kill();
}

Node& Simulation::add_node(std::string name, NodeOptions options) {
  nodes_.push_back(
      std::make_unique<Node>(world_, *fabric_, std::move(name), nodes_.size(), options));
  fabric_->add_node(*nodes_.back());
  return *nodes_.back();
}

Node& Simulation::node(std::string_view name) {
  for (auto& node : nodes_)
    if (node->name() == name) return *node;
  ENSURE(false, "no node {}", name);
  std::abort();
}

bool Simulation::run_until(const std::function<bool()>& predicate, Duration limit) {
  const Duration until = world_.now() + limit;
  while (!predicate())
    if (!world_.step(until)) return predicate();
  return true;
}

void Simulation::run_for(Duration how_long) {
  const Duration until = world_.now() + how_long;
  while (world_.step(until)) {
  }
}

template <>
void Simulation::run<void>(env::Core& core, Task<void> task, Duration limit) {
  auto ended = std::make_shared<bool>(false);
  auto done = [ended](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
    *ended = true;
  };
  boost::asio::co_spawn(core.executor(), std::move(task), std::move(done));
  const bool in_time = run_until([ended] { return *ended; }, limit);
  ENSURE(in_time, "seed {}: a task did not end", seed());
}

std::uint64_t seed_from_environment(std::uint64_t otherwise) {
  const char* text = std::getenv("RW_SEED");
  std::uint64_t seed = otherwise;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), seed);
  return seed;
}

std::string describe(const std::map<std::string, std::uint64_t, std::less<>>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) text += fmt::format("{} {}\n", name, count);
  return text;
}

}  // namespace ropewalk::sim
