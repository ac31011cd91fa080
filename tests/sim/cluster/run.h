// One seed's world from its beginning to its end: a cluster, its clients, a swarm of faults, and
// what there must be afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/testing/swarm.h"

namespace ropewalk::testing {

// What happened, added up over worlds.
struct Totals {
  std::map<std::string, std::uint64_t, std::less<>> faults;      // By kind.
  std::map<std::string, std::uint64_t, std::less<>> events;      // Of the simulation.
  std::map<std::string, std::uint64_t, std::less<>> operations;  // Of the operator.
  std::map<std::string, std::uint64_t, std::less<>> failures;    // Of records, by error.
  std::uint64_t worlds = 0;
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t elections = 0;
  double simulated_seconds = 0;

  void add(const Totals& other);
  std::string describe(double real_seconds) const;
};

struct Outcome {
  std::string wrong;  // Empty: everything is as it must be.
  std::string story;  // What kind of world it was.
  Totals totals;
};

// What is not left to the seed.
struct WorldKind {
  std::optional<std::int32_t> factor = {};  // Copies of a partition.
  std::optional<bool> replicated = {};      // What is in memory counts (durability=replicated).
  std::vector<Fault> faults = {};           // Only these.
  std::optional<std::chrono::milliseconds> pause_between = {};  // Faults, about.
};
// RW_FACTOR=1|3, RW_REPLICATED=0|1, RW_FAULTS=kill,power_cut, RW_PAUSE=milliseconds.
WorldKind kind_from_environment();
// How the environment is to be set for it: "RW_FACTOR=3 ".
std::string to_string(const WorldKind& kind);

// RW_LOG=debug|info|warn shows what the brokers say, with virtual time and who says it.
Outcome run_world(std::uint64_t seed, const WorldKind& kind);

}  // namespace ropewalk::testing
