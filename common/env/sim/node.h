// One simulated machine: its clocks, disks, and the life of its one process.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/env/sim/clock.h"
#include "common/env/sim/disk.h"
#include "common/env/sim/environment.h"

namespace ropewalk::sim {

class Fabric;

struct NodeOptions {
  std::size_t cores = 1;  // Data cores; the control core comes on top.
};

// Owned by Simulation. Everything here is called from the test, outside all tasks.
class Node {
 public:
  // `number` counts the nodes of the simulation from 0.
  Node(World& world, Fabric& fabric, std::string name, std::size_t number, NodeOptions options);

  const std::string& name() const { return name_; }  // Also its host name.

  // The process that lives; after kill() or power_cut() a new one, on the same disks.
  SimEnvironment& environment();
  bool alive() const;  // Whether there is one.

  // The process is gone at once; what it wrote stays; its connections are reset. Destroy what the
  // process built after this, before the simulation.
  void kill();
  // Also loses a random part of what was not synced, and says nothing to its peers.
  PowerCutDamage power_cut();
  // SIGTERM.
  void stop();

  // The process stands still (SIGSTOP); clocks go on. Or the machine does: the monotonic clock
  // stands still, the boot clock goes on.
  void pause(Duration how_long);
  void suspend(Duration how_long);
  bool paused() const;

  // 1.0 is right.
  void set_clock_rate(double rate);
  void jump_wall_clock(Duration by);

  // The disk under a data directory; made empty when first asked for.
  Disk& disk(const std::string& root);

  NodeClock& clock() { return clock_; }
  bool powered() const { return powered_; }  // False after a power cut until the next life.

 private:
  void halt(Duration how_long, bool machine);

  World& world_;
  Fabric& fabric_;
  const std::string name_;
  const std::size_t number_;
  const NodeOptions options_;
  NodeClock clock_;
  bool powered_ = true;
  Duration paused_until_{};
  std::map<std::string, std::unique_ptr<Disk>> disks_;
  std::vector<std::unique_ptr<SimEnvironment>> lives_;  // The last one may live.
};

}  // namespace ropewalk::sim
