// Each known mistake, put back, is found: by the hostile schedule, or by a directed test of the
// core. What no mistake can trip proves nothing.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "common/plant.h"
#include "tests/support/process.h"
#include "tests/support/sanitized.h"

namespace ropewalk::quorum::hostile {
namespace {

// One run of this program with a mistake in it.
struct Finding {
  bool failed = false;
  std::string test;  // The first that failed, or did not come back.
  std::string seed;  // Of the schedule: as printed.
};

std::string behind(const std::string& line, std::string_view mark) {
  const std::size_t at = line.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t from = at + mark.size();
  return line.substr(from, line.find_first_of(" ,", from) - from);
}

void run_with(std::string_view mistake, const std::string& filter, Finding& finding) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  auto child =
      support::Process::start({.command = {self, "--gtest_fail_fast", "--gtest_filter=" + filter},
                               .stderr_file = "/dev/null",
                               .environment = {"RW_PLANTED=" + std::string(mistake)}});
  ASSERT_TRUE(child) << to_string(child.error());
  std::string running;
  for (;;) {
    const auto line = child->read_line(std::chrono::minutes(5));
    if (!line) {
      ASSERT_EQ(line.error().code, Errc::closed) << mistake << " hangs in " << running;
      break;
    }
    if (const auto name = behind(*line, "[ RUN      ] "); !name.empty()) running = name;
    const auto failed = behind(*line, "[  FAILED  ] ");
    if (finding.test.empty() && !failed.empty()) finding.test = failed;
    if (const auto seed = behind(*line, "RW_SEED="); finding.seed.empty()) finding.seed = seed;
  }
  const int status = child->wait();
  finding.failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  if (finding.failed && finding.test.empty()) finding.test = running;
}

class PlantedMistakes : public ::testing::TestWithParam<std::pair<Plant, std::string_view>> {};

TEST_P(PlantedMistakes, EachIsFound) {
  if (std::getenv("RW_SEED") != nullptr) GTEST_SKIP() << "RW_SEED is for the schedule";
  if (support::kSanitized) GTEST_SKIP() << "a sanitizer finds planted mistakes no better";
  const std::string_view mistake = GetParam().second;
  Finding schedule;
  ASSERT_NO_FATAL_FAILURE(run_with(mistake, "*HostileSchedule*", schedule));
  const bool by_schedule = schedule.failed && !schedule.seed.empty();
  Finding directed;
  ASSERT_NO_FATAL_FAILURE(run_with(mistake, "-*HostileSchedule*:*PlantedMistakes*", directed));
  const std::string mistake_name(mistake);
  std::printf("%s | %s | %s\n", mistake_name.c_str(),
              by_schedule ? ("seed " + schedule.seed).c_str() : "not by the schedule",
              directed.failed ? directed.test.c_str() : "not by a directed test");
  EXPECT_TRUE(by_schedule || directed.failed) << mistake << " is found by nothing";
}

// Those of the quorum, which come first.
constexpr std::size_t kQuorumPlants = static_cast<std::size_t>(Plant::change_before_no_op) + 1;

INSTANTIATE_TEST_SUITE_P(Kinds, PlantedMistakes,
                         ::testing::ValuesIn(std::span(kPlants).first(kQuorumPlants)),
                         [](const auto& info) { return std::string(info.param.second); });

}  // namespace
}  // namespace ropewalk::quorum::hostile
