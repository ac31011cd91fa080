#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/env/sim/simulation.h"
#include "tests/sim/env/echo_world.h"

namespace ropewalk::sim {
namespace {

constexpr const char* kChildSeed = "RW_SIM_CHILD_SEED";

// Runs this program again with the seed and returns the line with its trace hash.
std::string hash_of_another_process(std::uint64_t seed) {
  const std::string command =
      fmt::format("{}={} /proc/{}/exe --gtest_filter=Determinism.PrintsItsHashAsAChild 2>/dev/null",
                  kChildSeed, seed, ::getpid());
  std::string output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::array<char, 256> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
  ::pclose(pipe);
  const std::size_t at = output.find("trace hash ");
  return at == std::string::npos ? "" : output.substr(at, output.find('\n', at) - at);
}

TEST(Determinism, PrintsItsHashAsAChild) {
  const char* seed = std::getenv(kChildSeed);
  if (seed == nullptr) GTEST_SKIP() << "only as a child";
  std::printf("trace hash %016lx\n", run_echo_world(std::strtoull(seed, nullptr, 10)).trace_hash);
}

TEST(Determinism, TwoProcessesWithOneSeedDoTheSame) {
  const std::uint64_t from = seed_from_environment(1);
  for (std::uint64_t seed = from; seed < from + 2; seed++) {
    const std::string first = hash_of_another_process(seed);
    EXPECT_NE(first, "");
    EXPECT_EQ(first, hash_of_another_process(seed)) << "seed " << seed;
  }
  EXPECT_NE(hash_of_another_process(from), hash_of_another_process(from + 1));
}

// A suite of runs in which a fault never happened proves nothing about it; one run (RW_SEED) is not
// asked to meet them all.
TEST(EchoWorld, EveryFaultIsExercisedAndNothingAnsweredIsLost) {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  std::uint64_t echoed = 0;
  const bool only_one = std::getenv("RW_SEED") != nullptr;
  const std::uint64_t from = seed_from_environment(100);
  for (std::uint64_t seed = from; seed < from + (only_one ? 1 : 16); seed++) {
    SCOPED_TRACE(fmt::format("replay with RW_SEED={}", seed));
    const WorldOutcome outcome = run_echo_world(seed);
    for (const auto& [name, count] : outcome.counts) counts[name] += count;
    echoed += outcome.echoed;
  }
  std::printf("echoed %lu\n%s", echoed, describe(counts).c_str());
  if (only_one) return;
  EXPECT_GT(echoed, 400U);
  for (const char* name :
       {"node.kill", "node.power_cut", "node.pause", "node.suspend", "power_cut.torn_file",
        "power_cut.lost_write", "power_cut.lost_entry", "net.cut", "net.piece_held",
        "net.connection_lost", "net.refused_connect", "net.silent_connect", "disk.sync_stall",
        "serial.refused"})
    EXPECT_GT(counts[name], 0U) << name << " never happened";
}

}  // namespace
}  // namespace ropewalk::sim
