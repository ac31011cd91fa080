// DescribeLogDirs: data directories and what partitions take in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct DescribeLogDirsTopic {
  std::string topic;
  std::vector<std::int32_t> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partitions", self.partitions);
  }
};

struct DescribeLogDirsRequest {
  static constexpr const Api& kApi = kDescribeLogDirs;
  static constexpr bool kIsRequest = true;

  std::optional<std::vector<DescribeLogDirsTopic>> topics;  // None: all.

  static void fields(auto& self, auto& visit) { visit("topics", self.topics); }
};

struct LogDirPartition {
  std::int32_t partition_index = 0;
  std::int64_t partition_size = 0;
  std::int64_t offset_lag = 0;
  bool is_future_key = false;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("partition_size", self.partition_size);
    visit("offset_lag", self.offset_lag);
    visit("is_future_key", self.is_future_key);
  }
};

struct LogDirTopic {
  std::string name;
  std::vector<LogDirPartition> partitions;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("partitions", self.partitions);
  }
};

struct LogDir {
  std::int16_t error_code = 0;
  std::string log_dir;
  std::vector<LogDirTopic> topics;
  std::int64_t total_bytes = -1;
  std::int64_t usable_bytes = -1;

  static void fields(auto& self, auto& visit) {
    visit("error_code", self.error_code);
    visit("log_dir", self.log_dir);
    visit("topics", self.topics);
    visit("total_bytes", self.total_bytes, {.since = 4});
    visit("usable_bytes", self.usable_bytes, {.since = 4});
  }
};

struct DescribeLogDirsResponse {
  static constexpr const Api& kApi = kDescribeLogDirs;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<LogDir> results;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("error_code", self.error_code, {.since = 3});
    visit("results", self.results);
  }
};

}  // namespace ropewalk::kafka
