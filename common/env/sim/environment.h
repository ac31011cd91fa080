// One life of one simulated node: what a process sees.
//
// Made by Node. After kill() it stays as an object (what the killed process built refers to it) but
// does nothing any more.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/env/environment.h"
#include "common/env/sim/clock.h"
#include "common/env/sim/core.h"
#include "common/env/sim/operation.h"
#include "common/env/sim/world.h"

namespace ropewalk::sim {

class Fabric;
class Node;

class SimEnvironment final : public env::Environment {
 public:
  // `life` counts the lives of the node from 1.
  SimEnvironment(World& world, Fabric& fabric, Node& node, std::uint64_t life, std::size_t cores,
                 std::uint64_t first_core_number);
  ~SimEnvironment() override;

  env::MonotonicTime now() const override;
  env::BootTime boot_now() const override;
  env::WallTime wall_now() const override;
  std::size_t core_count() const override { return cores_.size() - 1; }
  SimCore& core(std::size_t index) override { return *cores_.at(index); }
  SimCore& current_core() override;
  SimCore* current_core_or_null() override;
  env::Network& network() override { return *network_; }
  Result<std::unique_ptr<env::FileSystem>> open_file_system(
      env::FileSystemOptions options) override;
  env::Random random(std::string_view stream) override;
  void compute(env::Job work, env::Core& back, env::Job done) override;
  void on_stop_signal(env::Job callback) override { on_stop_ = std::move(callback); }
  bool serial_pretends_busy() override;
  bool block_until(const std::function<bool()>& ready, env::MonotonicTime deadline) override;
  void notify() override { notified_ = true; }

  World& world() const { return world_; }
  Node& node() const { return node_; }
  NodeClock& clock() const;
  Operations& operations() { return operations_; }
  const std::string& label() const { return label_; }  // "name/life".
  bool alive() const { return alive_; }
  bool paused() const;
  void signal_stop();
  void kill();

 private:
  World& world_;
  Node& node_;
  const std::string label_;
  bool alive_ = true;
  bool notified_ = false;
  Operations operations_;
  std::vector<std::unique_ptr<SimCore>> cores_;
  std::unique_ptr<env::Network> network_;
  env::Job on_stop_;
};

}  // namespace ropewalk::sim
