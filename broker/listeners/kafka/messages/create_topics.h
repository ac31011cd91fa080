// CreateTopics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"
#include "common/uuid.h"

namespace ropewalk::kafka {

struct CreatableAssignment {
  std::int32_t partition_index = 0;
  std::vector<std::int32_t> broker_ids;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("broker_ids", self.broker_ids);
  }
};

struct CreatableConfig {
  std::string name;
  std::optional<std::string> value;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("value", self.value);
  }
};

struct CreatableTopic {
  std::string name;
  std::int32_t num_partitions = 0;  // -1: the broker's default, or as assigned.
  std::int16_t replication_factor = 0;
  std::vector<CreatableAssignment> assignments;
  std::vector<CreatableConfig> configs;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("num_partitions", self.num_partitions);
    visit("replication_factor", self.replication_factor);
    visit("assignments", self.assignments);
    visit("configs", self.configs);
  }
};

struct CreateTopicsRequest {
  static constexpr const Api& kApi = kCreateTopics;
  static constexpr bool kIsRequest = true;

  std::vector<CreatableTopic> topics;
  std::int32_t timeout_ms = 60'000;
  bool validate_only = false;

  static void fields(auto& self, auto& visit) {
    visit("topics", self.topics);
    visit("timeout_ms", self.timeout_ms);
    visit("validate_only", self.validate_only);
  }
};

struct CreatedConfig {
  std::string name;
  std::optional<std::string> value;
  bool read_only = false;
  std::int8_t config_source = -1;
  bool is_sensitive = false;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name, {.since = 5});
    visit("value", self.value, {.since = 5});
    visit("read_only", self.read_only, {.since = 5});
    visit("config_source", self.config_source, {.since = 5});
    visit("is_sensitive", self.is_sensitive, {.since = 5});
  }
};

struct CreatedTopic {
  std::string name;
  Uuid topic_id;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int32_t num_partitions = -1;
  std::int16_t replication_factor = -1;
  std::optional<std::vector<CreatedConfig>> configs;    // None: not for this client to see.
  std::optional<std::int16_t> topic_config_error_code;  // Why `configs` is none.

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("topic_id", self.topic_id, {.since = 7});
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
    visit("num_partitions", self.num_partitions, {.since = 5});
    visit("replication_factor", self.replication_factor, {.since = 5});
    visit("configs", self.configs, {.since = 5});
    visit("topic_config_error_code", self.topic_config_error_code, {.since = 5, .tag = 0});
  }
};

struct CreateTopicsResponse {
  static constexpr const Api& kApi = kCreateTopics;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatedTopic> topics;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("topics", self.topics);
  }
};

}  // namespace ropewalk::kafka
