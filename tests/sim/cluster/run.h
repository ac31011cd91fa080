// One seed's world from its beginning to its end: a cluster, its clients, a swarm of faults, and
// what there must be afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ropewalk::testing {

// What happened, added up over worlds.
struct Totals {
  std::map<std::string, std::uint64_t, std::less<>> faults;    // By kind.
  std::map<std::string, std::uint64_t, std::less<>> events;    // Of the simulation.
  std::map<std::string, std::uint64_t, std::less<>> failures;  // Of records, by error.
  std::uint64_t worlds = 0;
  std::uint64_t leaderless = 0;  // Ended with a partition that nobody may lead.
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

// RW_LOG=debug|info|warn shows what the brokers say, with virtual time and who says it.
Outcome run_world(std::uint64_t seed);

}  // namespace ropewalk::testing
