// OffsetForLeaderEpoch: where the records of a leader epoch end, for readers to find out whether
// they have diverged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct OffsetForLeaderPartition {
  std::int32_t partition = 0;
  std::int32_t current_leader_epoch = -1;
  std::int32_t leader_epoch = 0;

  static void fields(auto& self, auto& visit) {
    visit("partition", self.partition);
    visit("current_leader_epoch", self.current_leader_epoch);
    visit("leader_epoch", self.leader_epoch);
  }
};

struct OffsetForLeaderTopic {
  std::string topic;
  std::vector<OffsetForLeaderPartition> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partitions", self.partitions);
  }
};

struct OffsetForLeaderEpochRequest {
  static constexpr const Api& kApi = kOffsetForLeaderEpoch;
  static constexpr bool kIsRequest = true;

  std::int32_t replica_id = -2;
  std::vector<OffsetForLeaderTopic> topics;

  static void fields(auto& self, auto& visit) {
    visit("replica_id", self.replica_id, {.since = 3});
    visit("topics", self.topics);
  }
};

struct OffsetForLeaderPartitionResponse {
  std::int16_t error_code = 0;
  std::int32_t partition = 0;
  std::int32_t leader_epoch = -1;
  std::int64_t end_offset = -1;

  static void fields(auto& self, auto& visit) {
    visit("error_code", self.error_code);
    visit("partition", self.partition);
    visit("leader_epoch", self.leader_epoch);
    visit("end_offset", self.end_offset);
  }
};

struct OffsetForLeaderTopicResponse {
  std::string topic;
  std::vector<OffsetForLeaderPartitionResponse> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partitions", self.partitions);
  }
};

struct OffsetForLeaderEpochResponse {
  static constexpr const Api& kApi = kOffsetForLeaderEpoch;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetForLeaderTopicResponse> topics;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("topics", self.topics);
  }
};

}  // namespace ropewalk::kafka
