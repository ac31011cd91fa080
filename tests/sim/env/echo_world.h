// A small world that uses everything the environment offers, for tests of the simulation itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ropewalk::sim {

struct WorldOutcome {
  std::uint64_t trace_hash = 0;
  std::uint64_t echoed = 0;  // Requests that were written to a file, synced and answered.
  std::map<std::string, std::uint64_t, std::less<>> counts;
};

// Three nodes that answer requests after logging them, and one that asks, under kills, power cuts,
// cuts of the network, pauses and failing disks. Checks that what was answered is in the files.
WorldOutcome run_echo_world(std::uint64_t seed);

}  // namespace ropewalk::sim
