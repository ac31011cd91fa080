#include "client/cli/move_progress.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

bool is_in_sync(const MoveProgress& progress, std::int32_t broker) {
  return std::ranges::count(progress.move.in_sync_replicas, broker) > 0;
}

// "4: 1234 behind".
std::string added_text(const MoveProgress& progress, std::int32_t broker) {
  if (is_in_sync(progress, broker)) return fmt::format("{}: in sync", broker);
  const auto lag = progress.lag(broker);
  if (!lag) return fmt::format("{}: has not begun", broker);
  return fmt::format("{}: {} behind", broker, *lag);
}

json::object added_json(const MoveProgress& progress, std::int32_t broker) {
  const auto lag = progress.lag(broker);
  return {{"broker_id", broker},
          {"in_sync", is_in_sync(progress, broker)},
          {"lag", lag ? json::value(*lag) : json::value(nullptr)}};
}

}  // namespace

std::optional<std::int64_t> MoveProgress::lag(std::int32_t broker) const {
  if (!replicas) return std::nullopt;
  const auto found = std::ranges::find(replicas->replicas, broker, &ReplicaState::broker_id);
  if (found == replicas->replicas.end() || !found->log_end) return std::nullopt;
  // Who has nothing yet begins where the log does.
  const std::int64_t has = std::max(*found->log_end, replicas->log_start);
  return std::max<std::int64_t>(replicas->log_end - has, 0);
}

void note_replicas(std::vector<MoveProgress>& moves, std::vector<PartitionReplicas> told) {
  std::map<PartitionName, PartitionReplicas*> by_name;
  for (PartitionReplicas& one : told) by_name.emplace(one.partition, &one);
  for (MoveProgress& progress : moves)
    if (const auto known = by_name.find(progress.move.partition); known != by_name.end())
      progress.replicas = std::move(*known->second);
}

std::string progress_text(const std::vector<MoveProgress>& moves) {
  if (moves.empty()) return "no replica is being moved\n";
  Table table({"TOPIC", "PARTITION", "LEADER", "ADDING", "REMOVING"});
  for (const MoveProgress& progress : moves) {
    std::vector<std::string> adding;
    for (const std::int32_t broker : progress.move.adding)
      adding.push_back(added_text(progress, broker));
    const auto& [partition, _, __, removing, ___, leader] = progress.move;
    table.add({partition.topic, fmt::format("{}", partition.partition),
               leader < 0 ? "none" : fmt::format("{}", leader),
               adding.empty() ? "-" : fmt::format("{}", fmt::join(adding, ", ")),
               removing.empty() ? "-" : fmt::format("{}", fmt::join(removing, ","))});
  }
  return table.to_string();
}

std::string progress_json(const std::vector<MoveProgress>& moves) {
  json::array all;
  for (const MoveProgress& progress : moves) {
    const RunningReassignment& move = progress.move;
    json::array adding;
    for (const std::int32_t broker : move.adding) adding.push_back(added_json(progress, broker));
    all.push_back(
        json::object{{"topic", move.partition.topic},
                     {"partition", move.partition.partition},
                     {"leader", move.leader},
                     {"replicas", json::array(move.replicas.begin(), move.replicas.end())},
                     {"adding", std::move(adding)},
                     {"removing", json::array(move.removing.begin(), move.removing.end())}});
  }
  return json::serialize(all) + "\n";
}

std::string progress_line(const std::vector<MoveProgress>& moves, std::size_t began) {
  std::int64_t records = 0;
  for (const MoveProgress& progress : moves)
    for (const std::int32_t broker : progress.move.adding)
      records += progress.lag(broker).value_or(0);
  return fmt::format("{} of {} partitions left, {} records to copy", moves.size(), began, records);
}

}  // namespace ropewalk::cli
