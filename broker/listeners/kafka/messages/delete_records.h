// DeleteRecords: moves the start of partitions up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct DeleteRecordsPartition {
  std::int32_t partition_index = 0;
  std::int64_t offset = 0;  // -1: the high watermark.

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("offset", self.offset);
  }
};

struct DeleteRecordsTopic {
  std::string name;
  std::vector<DeleteRecordsPartition> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct DeleteRecordsRequest {
  static constexpr const Api& kApi = kDeleteRecords;
  static constexpr bool kIsRequest = true;

  std::vector<DeleteRecordsTopic> topics;
  std::int32_t timeout_ms = 0;

  static void fields(auto& self, auto& visit) {
    visit("topics", self.topics);
    visit("timeout_ms", self.timeout_ms);
  }
};

struct DeleteRecordsPartitionResult {
  std::int32_t partition_index = 0;
  std::int64_t low_watermark = 0;
  std::int16_t error_code = 0;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("low_watermark", self.low_watermark);
    visit("error_code", self.error_code);
  }
};

struct DeleteRecordsTopicResult {
  std::string name;
  std::vector<DeleteRecordsPartitionResult> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct DeleteRecordsResponse {
  static constexpr const Api& kApi = kDeleteRecords;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsTopicResult> topics;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("topics", self.topics);
  }
};

}  // namespace ropewalk::kafka
