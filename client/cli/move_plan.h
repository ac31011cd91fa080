// Which partitions are to get which replicas: as it is written in a file, shown and asked for.
// Pure.
//
// In JSON it is the format of Kafka's kafka-reassign-partitions:
// {"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2,3]}]}. What is printed
// has more beside; what is read may have anything beside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropewalk/admin.h>

namespace ropewalk::cli {

using BrokerIds = std::vector<std::int32_t>;

// Errors: invalid_request, with what is wrong and where.
Result<std::vector<WantedReplicas>> parse_plan(std::string_view json);
// "1,2,3". Errors: invalid_request.
Result<BrokerIds> parse_replicas(std::string_view text);

struct Move {
  PartitionName partition;
  BrokerIds from;  // In order of preference.
  BrokerIds to;
  std::int32_t leader = -1;
  std::optional<std::int64_t> bytes = {};  // Of the leader's log, where it said so.

  BrokerIds added() const;
  BrokerIds removed() const;
};

struct MovePlan {
  std::vector<Move> moves;
  std::vector<StuckReplica> stuck = {};
  std::size_t as_wanted = 0;  // Partitions that need no move: they are not listed.
};

// What is wanted against what is there. Errors: unknown_topic_or_partition.
Result<MovePlan> plan_moves(const std::vector<WantedReplicas>& wanted,
                            const std::vector<DescribedTopic>& topics);

// What the leaders say of their logs.
void note_bytes(MovePlan& plan, const std::vector<PartitionReplicas>& told);

std::string plan_text(const MovePlan& plan);
std::string plan_json(const MovePlan& plan);  // One object in one line.

// "1.5 MiB".
std::string bytes_text(std::int64_t bytes);

}  // namespace ropewalk::cli
