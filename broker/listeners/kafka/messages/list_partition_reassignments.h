// ListPartitionReassignments: which partitions get other replicas at the moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct ListPartitionReassignmentsTopic {
  std::string name;
  std::vector<std::int32_t> partition_indexes;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partition_indexes", self.partition_indexes);
  }
};

struct ListPartitionReassignmentsRequest {
  static constexpr const Api& kApi = kListPartitionReassignments;
  static constexpr bool kIsRequest = true;

  std::int32_t timeout_ms = 60'000;
  // None: all.
  std::optional<std::vector<ListPartitionReassignmentsTopic>> topics;

  static void fields(auto& self, auto& visit) {
    visit("timeout_ms", self.timeout_ms);
    visit("topics", self.topics);
  }
};

struct OngoingPartitionReassignment {
  std::int32_t partition_index = 0;
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> adding_replicas;
  std::vector<std::int32_t> removing_replicas;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("replicas", self.replicas);
    visit("adding_replicas", self.adding_replicas);
    visit("removing_replicas", self.removing_replicas);
  }
};

struct OngoingTopicReassignment {
  std::string name;
  std::vector<OngoingPartitionReassignment> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr const Api& kApi = kListPartitionReassignments;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<OngoingTopicReassignment> topics;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
    visit("topics", self.topics);
  }
};

}  // namespace ropewalk::kafka
