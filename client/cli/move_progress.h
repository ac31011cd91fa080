// How far moves of replicas are, as `--status` and `--wait` show it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ropewalk/admin.h>

namespace ropewalk::cli {

// A move with what its leader says, if it has one.
struct MoveProgress {
  RunningReassignment move;
  std::optional<PartitionReplicas> replicas = {};

  // Records that the replica lacks; nothing if nobody knows.
  std::optional<std::int64_t> lag(std::int32_t broker) const;
};

// What the leaders say of their replicas.
void note_replicas(std::vector<MoveProgress>& moves, std::vector<PartitionReplicas> told);

std::string progress_text(const std::vector<MoveProgress>& moves);
std::string progress_json(const std::vector<MoveProgress>& moves);  // One array in one line.
// "3 of 10 partitions left, 1234 records to copy".
std::string progress_line(const std::vector<MoveProgress>& moves, std::size_t began);

}  // namespace ropewalk::cli
