// A run of a data directory with its logs: every step that its disk took, and beside it what was
// asked for and what was promised by then.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/env/sim/disk_steps.h"
#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {

// What one partition may be after a cut.
struct PartitionModel {
  enum class Life { making, there, removing, removed } life = Life::making;
  // All that was appended, in order, without what is surely cut away: a prefix of it is what may be
  // found. Nothing behind it ever.
  std::vector<std::shared_ptr<const ModelBatch>> batches;
  Offset durable;      // At least so far.
  Offset start_least;  // What a stored checkpoint says.
  Offset start_most;   // What was asked for.
};

struct DirectoryModel {
  bool formatted = false;
  std::map<TopicPartition, PartitionModel> partitions;
  enum class Marker { absent, perhaps, there } clean_stop = Marker::absent;
};

struct TracedRun {
  std::vector<sim::DiskStep> steps;
  // From how many steps on it holds; in order. The last one of a number counts.
  std::vector<std::pair<std::size_t, DirectoryModel>> models;

  const DirectoryModel& model_after(std::size_t step_count) const;
  // What the run did, by name.
  std::map<std::string, std::uint64_t> did;
};

// Appends of several producers to several partitions, rolls, retention, cuts, checkpoints, changes
// of settings, removals and new partitions; over a few lives of the process, which end by a clean
// stop or a kill.
TracedRun run_traced(std::uint64_t seed);

}  // namespace ropewalk::log
