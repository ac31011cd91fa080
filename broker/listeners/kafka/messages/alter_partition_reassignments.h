// AlterPartitionReassignments: other replicas for partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct ReassignablePartition {
  std::int32_t partition_index = 0;
  // None: what is under way is called off.
  std::optional<std::vector<std::int32_t>> replicas;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("replicas", self.replicas);
  }
};

struct ReassignableTopic {
  std::string name;
  std::vector<ReassignablePartition> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct AlterPartitionReassignmentsRequest {
  static constexpr const Api& kApi = kAlterPartitionReassignments;
  static constexpr bool kIsRequest = true;

  std::int32_t timeout_ms = 60'000;
  bool allow_replication_factor_change = true;
  std::vector<ReassignableTopic> topics;

  static void fields(auto& self, auto& visit) {
    visit("timeout_ms", self.timeout_ms);
    visit("allow_replication_factor_change", self.allow_replication_factor_change, {.since = 1});
    visit("topics", self.topics);
  }
};

struct ReassignablePartitionResponse {
  std::int32_t partition_index = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
  }
};

struct ReassignableTopicResponse {
  std::string name;
  std::vector<ReassignablePartitionResponse> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr const Api& kApi = kAlterPartitionReassignments;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<ReassignableTopicResponse> responses;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("allow_replication_factor_change", self.allow_replication_factor_change, {.since = 1});
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
    visit("responses", self.responses);
  }
};

}  // namespace ropewalk::kafka
