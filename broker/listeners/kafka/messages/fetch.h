// Fetch: record batches out of partitions, alone or as a step of a fetch session (KIP-227).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct FetchPartition {
  std::int32_t partition = 0;
  std::int32_t current_leader_epoch = -1;
  std::int64_t fetch_offset = 0;
  std::int32_t last_fetched_epoch = -1;
  std::int64_t log_start_offset = -1;  // Of a follower.
  std::int32_t partition_max_bytes = 0;

  static void fields(auto& self, auto& visit) {
    visit("partition", self.partition);
    visit("current_leader_epoch", self.current_leader_epoch, {.since = 9});
    visit("fetch_offset", self.fetch_offset);
    visit("last_fetched_epoch", self.last_fetched_epoch, {.since = 12});
    visit("log_start_offset", self.log_start_offset, {.since = 5});
    visit("partition_max_bytes", self.partition_max_bytes);
  }
};

struct FetchTopic {
  std::string topic;
  std::vector<FetchPartition> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partitions", self.partitions);
  }
};

// Partitions that leave the session.
struct ForgottenTopic {
  std::string topic;
  std::vector<std::int32_t> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partitions", self.partitions);
  }
};

struct FetchRequest {
  static constexpr const Api& kApi = kFetch;
  static constexpr bool kIsRequest = true;

  std::int32_t replica_id = -1;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<FetchTopic> topics;
  std::vector<ForgottenTopic> forgotten_topics;
  std::string rack_id;
  std::optional<std::string> cluster_id;

  static void fields(auto& self, auto& visit) {
    visit("replica_id", self.replica_id);
    visit("max_wait_ms", self.max_wait_ms);
    visit("min_bytes", self.min_bytes);
    visit("max_bytes", self.max_bytes);
    visit("isolation_level", self.isolation_level);
    visit("session_id", self.session_id, {.since = 7});
    visit("session_epoch", self.session_epoch, {.since = 7});
    visit("topics", self.topics);
    visit("forgotten_topics", self.forgotten_topics, {.since = 7});
    visit("rack_id", self.rack_id, {.since = 11});
    visit("cluster_id", self.cluster_id, {.since = 12, .tag = 0});
  }
};

struct AbortedTransaction {
  std::int64_t producer_id = 0;
  std::int64_t first_offset = 0;

  static void fields(auto& self, auto& visit) {
    visit("producer_id", self.producer_id);
    visit("first_offset", self.first_offset);
  }
};

// Where the log of a reader that has diverged must be cut at the latest.
struct FetchEpochEnd {
  std::int32_t epoch = -1;
  std::int64_t end_offset = -1;

  static void fields(auto& self, auto& visit) {
    visit("epoch", self.epoch);
    visit("end_offset", self.end_offset);
  }
};

struct FetchLeader {
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = -1;

  static void fields(auto& self, auto& visit) {
    visit("leader_id", self.leader_id);
    visit("leader_epoch", self.leader_epoch);
  }
};

struct FetchSnapshot {
  std::int64_t end_offset = -1;
  std::int32_t epoch = -1;

  static void fields(auto& self, auto& visit) {
    visit("end_offset", self.end_offset);
    visit("epoch", self.epoch);
  }
};

struct FetchPartitionResponse {
  std::int32_t partition_index = 0;
  std::int16_t error_code = 0;
  std::int64_t high_watermark = 0;
  std::int64_t last_stable_offset = -1;
  std::int64_t log_start_offset = -1;
  std::optional<std::vector<AbortedTransaction>> aborted_transactions;  // None: not asked for.
  std::int32_t preferred_read_replica = -1;
  RecordChunks records;
  std::optional<FetchEpochEnd> diverging_epoch;
  std::optional<FetchLeader> current_leader;
  std::optional<FetchSnapshot> snapshot_id;

  static void fields(auto& self, auto& visit) {
    visit("partition_index", self.partition_index);
    visit("error_code", self.error_code);
    visit("high_watermark", self.high_watermark);
    visit("last_stable_offset", self.last_stable_offset);
    visit("log_start_offset", self.log_start_offset, {.since = 5});
    visit("aborted_transactions", self.aborted_transactions);
    visit("preferred_read_replica", self.preferred_read_replica, {.since = 11});
    visit("records", self.records);
    visit("diverging_epoch", self.diverging_epoch, {.since = 12, .tag = 0});
    visit("current_leader", self.current_leader, {.since = 12, .tag = 1});
    visit("snapshot_id", self.snapshot_id, {.since = 12, .tag = 2});
  }
};

struct FetchTopicResponse {
  std::string topic;
  std::vector<FetchPartitionResponse> partitions;

  static void fields(auto& self, auto& visit) {
    visit("topic", self.topic);
    visit("partitions", self.partitions);
  }
};

struct FetchResponse {
  static constexpr const Api& kApi = kFetch;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int32_t session_id = 0;
  std::vector<FetchTopicResponse> topics;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("error_code", self.error_code, {.since = 7});
    visit("session_id", self.session_id, {.since = 7});
    visit("topics", self.topics);
  }
};

}  // namespace ropewalk::kafka
