// The faults of one world: its seed picks which kinds there are and how often, and they come while
// everything else goes on.
//
// Not more at once than what is promised allows: any number of brokers may die, lose their power or
// be cut off (then nothing is acknowledged, and nothing lost), but disks go bad one at a time, and
// only where the others have what is on them. What goes bad ends again: brokers come back as under
// a service manager, disks have room again.
//
// Works through events of the world. Owned by the test; goes before the cluster.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/testing/sim_cluster.h"
#include "common/env/random.h"

namespace ropewalk::testing {

enum class Fault : std::uint8_t {
  kill,          // A process dies.
  kill_leader,   // That of the controller.
  power_cut,     // A machine loses its power, and what was not synced.
  blackout,      // All of them do.
  clean_stop,    // A process is told to end.
  pause,         // A process stands still, perhaps longer than every time-out.
  suspend,       // A machine does: its monotonic clock stands still, too.
  clock_drift,   // A machine's clocks are too fast or slow.
  clock_jump,    // A machine's wall clock jumps.
  apart,         // A broker and the others do not reach each other; clients reach it.
  isolation,     // A node reaches nobody and nobody reaches it.
  one_way_cut,   // A node hears another no more, which hears it.
  halves,        // Two groups of nodes do not reach each other.
  ring,          // Each broker reaches its two neighbours only; of three, two do not meet.
  slow_link,     // What goes from one node to another takes its time.
  broken_links,  // Connections break now and then.
  reset,         // All connections of a node break.
  full_disk,     // A disk has no room.
  slow_disk,     // Its syncs stall.
  bad_sync,      // A sync fails, and what it was to keep is lost.
  bad_write,     // A write fails, perhaps after a part of it.
  bad_read,      // A read fails.
  bit_flip,      // A stored record changes on the disk of one broker, always the same.
  half_reset,    // A node hears that its connections broke, and begins anew; what it sent arrives.
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::half_reset) + 1;
std::string_view name_of(Fault fault);
std::optional<Fault> fault_named(std::string_view name);

struct SwarmLimits {
  // Where what is in memory counts: only the machine of one broker, always the same, may lose it or
  // have a bad disk; where there is one copy, none loses it.
  bool memory_counts = false;
  bool one_copy = false;
  // These kinds, and how often one comes, instead of what the seed would choose.
  std::vector<Fault> only = {};
  std::optional<std::chrono::milliseconds> pause_between = {};
};

class Swarm {
 public:
  // `clients` are nodes that may be cut off, stand still and so on, but live.
  Swarm(SimCluster& cluster, std::vector<std::string> clients, std::uint64_t seed,
        SwarmLimits limits);

  void begin();
  // Ends all of them, and starts every broker that does not live. From the test, outside events.
  Result<void> heal();

  const std::array<std::uint64_t, kFaults>& counts() const { return counts_; }
  std::uint64_t total() const;
  // "kill 3, pause 1, ...", and which this seed may have.
  std::string describe() const;

 private:
  using Span = sim::Duration;

  // In swarm.cc: which, and when.
  void schedule(Span in, std::function<void()> action);
  void next();
  void commit(Fault fault);
  void look_after_brokers();
  // In faults.cc: what they do. False: not now.
  bool strike(Fault fault);
  bool strike_process(Fault fault);
  bool strike_clock(Fault fault);
  bool strike_network(Fault fault);
  bool strike_disk(Fault fault);
  void cut(const std::string& from, const std::string& to, Span how_long);
  void come_back(std::size_t broker, Span in);

  std::size_t any_broker() { return random_.below(cluster_.brokers()); }
  const std::string& any_node() { return nodes_[random_.below(nodes_.size())]; }
  const std::string& node_of(std::size_t broker) const { return nodes_[broker]; }
  // Mostly short, at times long.
  Span span(Span least, Span most);

  SimCluster& cluster_;
  const SwarmLimits limits_;
  env::Random random_;
  std::vector<std::string> nodes_;  // The brokers first.
  std::array<double, kFaults> weights_{};
  Span pause_between_{};
  std::size_t forgetful_ = 0;   // Who may lose its memory, where that counts; whose bits change.
  std::set<std::size_t> hurt_;  // Brokers whose disk was bad in this life.
  std::array<std::uint64_t, kFaults> counts_{};
  std::shared_ptr<bool> active_;  // Events hold it weakly: they do nothing once it is gone.
};

}  // namespace ropewalk::testing
