// ElectLeaders: other leaders for partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct ElectLeadersTopic {
  std::string topic;
  std::vector<std::int32_t> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partitions", self.partitions);
  }
};

struct ElectLeadersRequest {
  static constexpr const Api& kApi = kElectLeaders;
  static constexpr bool kIsRequest = true;

  std::int8_t election_type = 0;  // 0 preferred, 1 unclean.
  // None: all partitions.
  std::optional<std::vector<ElectLeadersTopic>> topic_partitions;
  std::int32_t timeout_ms = 60'000;

  static void fields(auto& self, auto& visit) {
    visit("election_type", self.election_type, {.since = 1});
    visit("topic_partitions", self.topic_partitions);
    visit("timeout_ms", self.timeout_ms);
  }
};

struct PartitionElectionResult {
  std::int32_t partition_id = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  static void fields(auto& self, auto& visit) {
    visit("partition_id", self.partition_id);
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
  }
};

struct ReplicaElectionResult {
  std::string topic;
  std::vector<PartitionElectionResult> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partition_result", self.partitions);
  }
};

struct ElectLeadersResponse {
  static constexpr const Api& kApi = kElectLeaders;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<ReplicaElectionResult> replica_election_results;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("error_code", self.error_code, {.since = 1});
    visit("replica_election_results", self.replica_election_results);
  }
};

}  // namespace ropewalk::kafka
