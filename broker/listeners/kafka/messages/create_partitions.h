// CreatePartitions: more partitions for topics that exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct CreatePartitionsAssignment {
  std::vector<std::int32_t> broker_ids;

  static void fields(auto& self, auto& visit) { visit("broker_ids", self.broker_ids); }
};

struct CreatePartitionsTopic {
  std::string name;
  std::int32_t count = 0;  // The new total.
  // None: the broker places them.
  std::optional<std::vector<CreatePartitionsAssignment>> assignments;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("count", self.count);
    visit("assignments", self.assignments);
  }
};

struct CreatePartitionsRequest {
  static constexpr const Api& kApi = kCreatePartitions;
  static constexpr bool kIsRequest = true;

  std::vector<CreatePartitionsTopic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  static void fields(auto& self, auto& visit) {
    visit("topics", self.topics);
    visit("timeout_ms", self.timeout_ms);
    visit("validate_only", self.validate_only);
  }
};

struct CreatePartitionsResult {
  std::string name;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
  }
};

struct CreatePartitionsResponse {
  static constexpr const Api& kApi = kCreatePartitions;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsResult> results;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("results", self.results);
  }
};

}  // namespace ropewalk::kafka
