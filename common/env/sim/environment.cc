#include "common/env/sim/environment.h"

#include <utility>

#include <fmt/format.h>

#include "common/env/sim/fabric.h"
#include "common/env/sim/file_system.h"
#include "common/env/sim/node.h"
#include "common/error.h"

namespace ropewalk::sim {

SimEnvironment::SimEnvironment(World& world, Fabric& fabric, Node& node, std::uint64_t life,
                               std::size_t cores, std::uint64_t first_core_number)
    : world_(world), node_(node), label_(fmt::format("{}/{}", node.name(), life)) {
  for (std::size_t index = 0; index <= cores; index++)
    cores_.push_back(std::make_unique<SimCore>(*this, index, first_core_number + index));
  network_ = make_network(fabric, *this);
}

SimEnvironment::~SimEnvironment() { kill(); }

env::MonotonicTime SimEnvironment::now() const { return clock().monotonic(world_.now()); }
env::BootTime SimEnvironment::boot_now() const { return clock().boot(world_.now()); }
env::WallTime SimEnvironment::wall_now() const { return clock().wall(world_.now()); }
NodeClock& SimEnvironment::clock() const { return node_.clock(); }
bool SimEnvironment::paused() const { return node_.paused(); }

SimCore* SimEnvironment::current_core_or_null() {
  SimCore* current = world_.current();
  return current != nullptr && &current->environment() == this ? current : nullptr;
}

SimCore& SimEnvironment::current_core() {
  SimCore* current = current_core_or_null();
  ENSURE(current != nullptr, "{}: called outside its cores", label_);
  return *current;
}

Result<std::unique_ptr<env::FileSystem>> SimEnvironment::open_file_system(
    env::FileSystemOptions options) {
  return make_file_system(*this, node_.disk(options.root), options.root);
}

env::Random SimEnvironment::random(std::string_view stream) {
  return env::Random(derive_seed(world_.seed(), fmt::format("{}/{}", label_, stream)));
}

void SimEnvironment::compute(env::Job work, env::Core& back, env::Job done) {
  if (!alive_) return;
  const Duration takes =
      world_.between(std::chrono::microseconds(1), std::chrono::microseconds(500));
  auto run = [work = std::move(work), &back, done = std::move(done)]() mutable {
    work();
    work = nullptr;
    back.post(std::move(done));
  };
  world_.schedule(world_.now() + takes, this, std::move(run));
}

bool SimEnvironment::serial_pretends_busy() {
  if (!world_.random().chance(world_.serial_busy_chance)) return false;
  world_.count("serial.refused");
  return true;
}

bool SimEnvironment::block_until(const std::function<bool()>& ready, env::MonotonicTime deadline) {
  ENSURE(!world_.running(), "{}: block_until inside a task", label_);
  if (ready()) return true;
  while (alive_) {
    notified_ = false;
    const Duration until =
        deadline == env::kNever ? Duration::max() : clock().true_time_of(deadline, world_.now());
    while (!notified_ && world_.step(until)) {
    }
    if (notified_) {
      if (ready()) return true;
      continue;
    }
    ENSURE(deadline != env::kNever, "{}: blocked for ever: nothing is left to happen", label_);
    if (now() >= deadline) return ready();
  }
  return false;
}

void SimEnvironment::signal_stop() {
  if (!on_stop_) return;
  core(0).post([this] {
    if (on_stop_) on_stop_();
  });
}

void SimEnvironment::kill() {
  if (!alive_) return;
  ENSURE(!world_.running() || world_.current() == nullptr, "{}: killed inside a task", label_);
  alive_ = false;
  world_.drop_events_of(*this);
  operations_.drop_all();
  for (auto& core : cores_) core->shut_down();
  for (auto& core : cores_) core->shut_down();  // What the others' end posted to the first ones.
  for (auto& core : cores_) core->destroy_context();
  operations_.drop_all();
  on_stop_ = nullptr;
}

}  // namespace ropewalk::sim
