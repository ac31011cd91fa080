// Cuts a recorded run after each of its steps and looks at what recovery makes of each.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/log/traced_run.h"

namespace ropewalk::log {

// What recovery found of one partition.
struct FoundPartition {
  Offset start;
  Offset end;
  std::string content;
  bool operator==(const FoundPartition&) const = default;
};

struct Found {
  std::map<TopicPartition, FoundPartition> partitions;
  bool clean_stop = false;
  std::string wrong;  // What is wrong whatever was promised; empty: nothing.
};

struct CutCounts {
  std::uint64_t cuts = 0;
  std::uint64_t disks = 0;  // Different ones among them.
  std::uint64_t cuts_of_recovery = 0;
  std::uint64_t torn_files = 0;
  std::uint64_t lost_entries = 0;
  std::uint64_t lost_writes = 0;
};

class CutTrace {
 public:
  CutTrace(const TracedRun& run, std::uint64_t seed) : run_(run), random_(seed) {}

  // Each prefix of the steps, with each choice of what was not synced then: nothing, everything,
  // all but one, one alone, torn, names or bytes only, by chance. "" or what is wrong, and where.
  std::string check_all();
  const CutCounts& counts() const { return counts_; }

 private:
  std::string check(std::size_t step_count, sim::CutChoice& choice);
  std::string check_after(std::size_t step_count);
  std::string check_recovery(std::size_t step_count, sim::CutChoice& choice,
                             const std::vector<sim::DiskStep>& steps);

  const TracedRun& run_;
  env::Random random_;
  std::map<std::size_t, std::shared_ptr<const Found>> seen_;  // By the hash of what is on the disk.
  std::vector<sim::DiskStep> last_recovery_;  // Of the last check, if it was of a new disk.
  CutCounts counts_;
};

}  // namespace ropewalk::log
