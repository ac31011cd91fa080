#include "client/cli/moves.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "client/cli/commands.h"
#include "client/cli/in_portions.h"
#include "client/cli/table.h"
#include "common/env/program_time.h"

namespace ropewalk::cli {
namespace {

constexpr std::chrono::milliseconds kLookEvery{500};
constexpr const char* kEraseLine = "\r\x1b[K";

using Partitions = std::vector<PartitionName>;

Result<std::vector<PartitionReplicas>> replicas_of(Admin& admin, const Partitions& partitions) {
  return in_portions<PartitionReplicas>(
      partitions, [&](const Partitions& some) { return admin.describe_replicas(some); });
}

}  // namespace

void learn_bytes(Admin& admin, MovePlan& plan) {
  Partitions led;
  for (const Move& move : plan.moves)
    if (move.leader >= 0 && !move.added().empty()) led.push_back(move.partition);
  if (const auto told = replicas_of(admin, led)) note_bytes(plan, *told);
}

Result<void> begin(Admin& admin, const std::vector<WantedReplicas>& wanted) {
  TRY(const auto altered,
      in_portions<AlteredReassignment>(wanted, [&](const std::vector<WantedReplicas>& some) {
        return admin.alter_reassignments(some);
      }));
  Table table({"TOPIC", "PARTITION", "REFUSED"});
  std::size_t refused = 0;
  for (const AlteredReassignment& one : altered) {
    if (one.error.code == Errc::none) continue;
    refused++;
    table.add(
        {one.partition.topic, fmt::format("{}", one.partition.partition), to_string(one.error)});
  }
  if (refused == 0) return {};
  fmt::print(stderr, "{}", table.to_string());
  return fail(Errc::unknown_server_error, "{} of {} partitions were refused", refused,
              altered.size());
}

Wanted every_move() {
  return [](const RunningReassignment&) { return true; };
}

Wanted moves_from(std::int32_t broker) {
  return [broker](const RunningReassignment& move) {
    return std::ranges::count(move.removing, broker) > 0;
  };
}

Result<std::vector<MoveProgress>> look(Admin& admin, const Wanted& wanted) {
  TRY(std::vector<RunningReassignment> running, admin.list_reassignments());
  std::vector<MoveProgress> moves;
  Partitions led;
  for (RunningReassignment& move : running) {
    if (!wanted(move)) continue;
    if (move.leader >= 0) led.push_back(move.partition);
    moves.push_back({.move = std::move(move)});
  }
  if (auto told = replicas_of(admin, led)) note_replicas(moves, std::move(*told));
  return moves;
}

Result<void> wait_until_done(Admin& admin, const Wanted& wanted) {
  const bool is_watched = ::isatty(STDERR_FILENO) == 1;
  std::size_t began = 0;
  for (;;) {
    TRY(const auto moves, look(admin, wanted));
    began = std::max(began, moves.size());
    if (is_watched) fmt::print(stderr, "{}", kEraseLine);
    if (moves.empty()) return {};
    if (is_watched) fmt::print(stderr, "{}", progress_line(moves, began));
    env::program_sleep_until(env::program_now() + kLookEvery);
  }
}

}  // namespace ropewalk::cli
