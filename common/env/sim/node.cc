#include "common/env/sim/node.h"

#include <utility>

#include <fmt/format.h>

#include "common/env/sim/fabric.h"
#include "common/error.h"

namespace ropewalk::sim {

namespace {

constexpr std::uint64_t kCoresOfOneLife = 64;
constexpr std::uint64_t kCoresOfOneNode = 1 << 20;

}  // namespace

Node::Node(World& world, Fabric& fabric, std::string name, std::size_t number, NodeOptions options)
    : world_(world),
      fabric_(fabric),
      name_(std::move(name)),
      number_(number),
      options_(options),
      clock_(world.between(std::chrono::seconds(100), std::chrono::hours(1000))) {
  ENSURE(options.cores > 0 && options.cores < kCoresOfOneLife, "{} cores", options.cores);
}

bool Node::alive() const { return !lives_.empty() && lives_.back()->alive(); }

SimEnvironment& Node::environment() {
  if (!alive()) {
    const std::uint64_t life = lives_.size() + 1;
    lives_.push_back(
        std::make_unique<SimEnvironment>(world_, fabric_, *this, life, options_.cores,
                                         number_ * kCoresOfOneNode + life * kCoresOfOneLife));
    powered_ = true;
    paused_until_ = {};
  }
  return *lives_.back();
}

void Node::kill() {
  if (!alive()) return;
  world_.count("node.kill");
  SimEnvironment& life = *lives_.back();
  life.kill();
  for (auto& [root, disk] : disks_) disk->locks.clear();
  fabric_.process_died(life);
}

PowerCutDamage Node::power_cut() {
  world_.count("node.power_cut");
  powered_ = false;
  if (alive()) {
    lives_.back()->kill();
    fabric_.machine_died(*lives_.back());
  }
  PowerCutDamage all;
  for (auto& [root, disk] : disks_) {
    const PowerCutDamage damage = disk->power_cut(world_.random());
    all.torn_files += damage.torn_files;
    all.lost_writes += damage.lost_writes;
    all.lost_entries += damage.lost_entries;
    all.kept_entries += damage.kept_entries;
  }
  if (all.torn_files != 0) world_.count("power_cut.torn_file");
  if (all.lost_writes != 0) world_.count("power_cut.lost_write");
  if (all.lost_entries != 0) world_.count("power_cut.lost_entry");
  if (all.kept_entries != 0) world_.count("power_cut.kept_entry");
  return all;
}

void Node::stop() {
  if (alive()) lives_.back()->signal_stop();
}

bool Node::paused() const { return world_.now() < paused_until_; }

void Node::halt(Duration how_long, bool machine) {
  if (!alive()) return;
  world_.count(machine ? "node.suspend" : "node.pause");
  paused_until_ = world_.now() + how_long;
  SimEnvironment* life = lives_.back().get();
  auto resume = [this, how_long, machine, life] {
    if (machine) clock_.hold(how_long);
    for (std::size_t index = 0; index <= life->core_count(); index++)
      world_.wake(life->core(index));
  };
  world_.schedule(paused_until_, life, resume);
}

void Node::pause(Duration how_long) { halt(how_long, false); }
void Node::suspend(Duration how_long) { halt(how_long, true); }

void Node::set_clock_rate(double rate) {
  world_.count("node.clock_drift");
  clock_.set_rate(rate, world_.now());
}

void Node::jump_wall_clock(Duration by) {
  world_.count("node.clock_jump");
  clock_.jump_wall(by);
}

Disk& Node::disk(const std::string& root) {
  auto& disk = disks_[root];
  if (!disk) disk = std::make_unique<Disk>();
  return *disk;
}

}  // namespace ropewalk::sim
