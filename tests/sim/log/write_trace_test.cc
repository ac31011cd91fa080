// A run of a data directory, cut after each of its writes with subsets of what was not synced then:
// whatever was promised is there, and nothing else.
#include <chrono>

#include "tests/sim/log/cut_trace.h"

namespace ropewalk::log {
namespace {

TEST(WriteTrace, EveryCutLeavesWhatWasPromised) {
  const std::uint64_t only = sim::seed_from_environment(0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t count = only != 0 ? 1 : 2;
  CutCounts seen;
  std::uint64_t steps = 0;
  std::map<std::string, std::uint64_t> did;
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); seed++) {
    const TracedRun run = run_traced(seed);
    if (HasFailure()) break;
    CutTrace cuts(run, seed);
    EXPECT_EQ(cuts.check_all(), "") << "seed " << seed;
    steps += run.steps.size();
    seen.cuts += cuts.counts().cuts;
    seen.disks += cuts.counts().disks;
    seen.cuts_of_recovery += cuts.counts().cuts_of_recovery;
    seen.torn_files += cuts.counts().torn_files;
    seen.lost_entries += cuts.counts().lost_entries;
    seen.lost_writes += cuts.counts().lost_writes;
    for (const auto& [what, times] : run.did) did[what] += times;
  }
  fmt::print(
      "steps {}, cuts {}, different disks {}, cuts of recoveries {}, torn files {}, lost writes "
      "{}, "
      "lost names {}\n",
      steps, seen.cuts, seen.disks, seen.cuts_of_recovery, seen.torn_files, seen.lost_writes,
      seen.lost_entries);
  for (const auto& [what, times] : did) fmt::print("{} {}\n", what, times);
  if (only != 0 || HasFailure()) return;
  EXPECT_GT(seen.cuts_of_recovery, 0U);
  EXPECT_GT(seen.torn_files, 0U);
  EXPECT_GT(seen.lost_writes, 0U);
  EXPECT_GT(seen.lost_entries, 0U);
  for (const char* what : {"appended", "rolled", "advanced", "checkpoints", "truncated", "settings",
                           "made", "removed", "clean stops"})
    EXPECT_GT(did[what], 0U) << what;
}

}  // namespace
}  // namespace ropewalk::log
