// ListOffsets: offsets by time, and the ends of partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct ListOffsetsPartition {
  std::int32_t partition_index = 0;
  std::int32_t current_leader_epoch = -1;
  std::int64_t timestamp = 0;  // -1 latest, -2 earliest, -3 of the largest timestamp.

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("current_leader_epoch", self.current_leader_epoch, {.since = 4});
    visit("timestamp", self.timestamp);
  }
};

struct ListOffsetsTopic {
  std::string name;
  std::vector<ListOffsetsPartition> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct ListOffsetsRequest {
  static constexpr const Api& kApi = kListOffsets;
  static constexpr bool kIsRequest = true;

  std::int32_t replica_id = -1;
  std::int8_t isolation_level = 0;
  std::vector<ListOffsetsTopic> topics;

  static void fields(auto& self, auto& visit) {
    visit("replica_id", self.replica_id);
    visit("isolation_level", self.isolation_level, {.since = 2});
    visit("topics", self.topics);
  }
};

struct ListOffsetsPartitionResponse {
  std::int32_t partition_index = 0;
  std::int16_t error_code = 0;
  std::int64_t timestamp = -1;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("error_code", self.error_code);
    visit("timestamp", self.timestamp);
    visit("offset", self.offset);
    visit("leader_epoch", self.leader_epoch, {.since = 4});
  }
};

struct ListOffsetsTopicResponse {
  std::string name;
  std::vector<ListOffsetsPartitionResponse> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct ListOffsetsResponse {
  static constexpr const Api& kApi = kListOffsets;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<ListOffsetsTopicResponse> topics;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms, {.since = 2});
    visit("topics", self.topics);
  }
};

}  // namespace ropewalk::kafka
