// Produce: record batches for partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct ProducePartition {
  std::int32_t index = 0;
  Records records;

  static void fields(auto& self, auto& visit) {
    visit("index", self.index);
    visit("records", self.records);
  }
};

struct ProduceTopic {
  std::string name;
  std::vector<ProducePartition> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct ProduceRequest {
  static constexpr const Api& kApi = kProduce;
  static constexpr bool kIsRequest = true;

  std::optional<std::string> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<ProduceTopic> topics;

  static void fields(auto& self, auto& visit) {
    visit("transactional_id", self.transactional_id);
    visit("acks", self.acks);
    visit("timeout_ms", self.timeout_ms);
    visit("topics", self.topics);
  }
};

struct ProduceRecordError {
  std::int32_t batch_index = 0;  // Which record of the batch, from 0.
  std::optional<std::string> message;

  static void fields(auto& self, auto& visit) {
    visit("batch_index", self.batch_index, {.since = 8});
    visit("message", self.message, {.since = 8});
  }
};

struct ProducePartitionResponse {
  std::int32_t index = 0;
  std::int16_t error_code = 0;
  std::int64_t base_offset = 0;
  std::int64_t log_append_time_ms = -1;
  std::int64_t log_start_offset = -1;
  std::vector<ProduceRecordError> record_errors;
  std::optional<std::string> error_message;

  static void fields(auto& self, auto& visit) {
    visit("index", self.index);
    visit("error_code", self.error_code);
    visit("base_offset", self.base_offset);
    visit("log_append_time_ms", self.log_append_time_ms);
    visit("log_start_offset", self.log_start_offset, {.since = 5});
    visit("record_errors", self.record_errors, {.since = 8});
    visit("error_message", self.error_message, {.since = 8});
  }
};

struct ProduceTopicResponse {
  std::string name;
  std::vector<ProducePartitionResponse> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct ProduceResponse {
  static constexpr const Api& kApi = kProduce;
  static constexpr bool kIsRequest = false;

  std::vector<ProduceTopicResponse> topics;
  std::int32_t throttle_time_ms = 0;

  static void fields(auto& self, auto& visit) {
    visit("topics", self.topics);
    visit("throttle_time_ms", self.throttle_time_ms);
  }
};

}  // namespace ropewalk::kafka
