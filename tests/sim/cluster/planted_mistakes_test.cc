// Each known mistake, put back into whole brokers, is found by a swarm of faults. What no mistake
// can trip proves nothing.
//
// A swarm may have the faults that the mistake is about, and no others: without the mistake such
// worlds hold. Which seed finds it moves with everything; that one does, does not.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "common/plant.h"
#include "tests/sim/cluster/run.h"
#include "tests/support/process.h"
#include "tests/support/sanitized.h"

namespace ropewalk::testing {
namespace {

struct Planting {
  Plant plant;
  std::string kind;  // Of the worlds, as kind_from_environment() reads it.
};

// Many times of what each of them takes.
constexpr std::uint64_t kSeedsMax = 150;

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// For the child, and by hand: worlds until one goes wrong. RW_HUNT is the number of seeds.
TEST(ClusterHunt, FindsNothing) {
  const std::uint64_t seeds = number_in("RW_HUNT", 0);
  if (seeds == 0) GTEST_SKIP() << "for a planted mistake";
  const std::uint64_t first = number_in("RW_SEED", 1);
  const WorldKind kind = kind_from_environment();
  for (std::uint64_t seed = first; seed < first + seeds; seed++) {
    fmt::print("seed {}\n", seed);
    std::fflush(stdout);
    const Outcome outcome = run_world(seed, kind);
    if (outcome.wrong.empty()) continue;
    fmt::print("found: {}\n{}\n", outcome.wrong, outcome.story);
    std::fflush(stdout);
    FAIL();
  }
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

class PlantedInCluster : public ::testing::TestWithParam<Planting> {};

TEST_P(PlantedInCluster, IsFound) {
  if (std::getenv("RW_SEED") != nullptr) GTEST_SKIP() << "RW_SEED is for the swarm";
  if (support::kSanitized) GTEST_SKIP() << "a sanitizer finds planted mistakes no better";
  const auto& [plant, kind] = GetParam();
  const std::string name(kPlants[static_cast<std::size_t>(plant)].second);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  std::vector<std::string> environment = words_of(kind);
  environment.push_back("RW_PLANTED=" + name);
  environment.push_back(fmt::format("RW_HUNT={}", number_in("RW_HUNT", kSeedsMax)));
  auto child = support::Process::start({.command = {self, "--gtest_filter=ClusterHunt.*"},
                                        .stderr_file = "/dev/null",
                                        .environment = std::move(environment)});
  ASSERT_TRUE(child) << to_string(child.error());
  std::string seed, found;
  for (;;) {
    const auto line = child->read_line(std::chrono::minutes(5));
    if (!line) {
      ASSERT_EQ(line.error().code, Errc::closed) << name << " hangs in " << seed;
      break;
    }
    if (line->starts_with("seed ")) seed = *line;
    // The history's first word says more than the phase.
    if (line->starts_with("found: ") ||
        (!found.empty() && line->starts_with("  ") && found.size() < 60))
      found += *line;
  }
  const int status = child->wait();
  // An invariant of the brokers may end a world, too, but not the program before any began.
  const bool aborted = WIFSIGNALED(status) && !seed.empty();
  fmt::print("{} | {} | {} | {}\n", name, kind, seed,
             !found.empty() ? found
             : aborted      ? "it aborts"
                            : "not found");
  EXPECT_TRUE(!found.empty() || aborted)
      << name << " is not found by " << kSeedsMax << " seeds (status " << status << ")";
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, PlantedInCluster,
    ::testing::Values(Planting{Plant::answer_before_sync,
                               "RW_FACTOR=1 RW_REPLICATED=0 RW_FAULTS=power_cut RW_PAUSE=500"},
                      Planting{Plant::producers_not_followed, "RW_FACTOR=3"},
                      Planting{
                          Plant::torn_tail_accepted,
                          "RW_FACTOR=1 RW_REPLICATED=0 RW_FAULTS=power_cut,slow_disk RW_PAUSE=500"},
                      Planting{Plant::unclean_keeps_place,
                               "RW_FACTOR=3 RW_REPLICATED=1 RW_FAULTS=power_cut,kill RW_PAUSE=400"},
                      Planting{Plant::old_life_keeps_its_place,
                               "RW_FACTOR=3 RW_REPLICATED=1 RW_FAULTS=power_cut RW_PAUSE=400"},
                      Planting{Plant::lease_not_checked, "RW_FACTOR=3 RW_FAULTS=apart"},
                      Planting{Plant::damage_not_looked_at, "RW_FACTOR=3 RW_FAULTS=bit_flip"}),
    [](const auto& info) {
      return std::string(kPlants[static_cast<std::size_t>(info.param.plant)].second);
    });

}  // namespace
}  // namespace ropewalk::testing
