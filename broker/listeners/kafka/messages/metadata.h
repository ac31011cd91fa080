// Metadata: the brokers, and which of them lead and hold the partitions of topics.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"
#include "common/uuid.h"

namespace ropewalk::kafka {

struct MetadataRequestTopic {
  Uuid topic_id;
  std::optional<std::string> name;  // None: by id.

  static void fields(auto& self, auto& visit) {
    visit("topic_id", self.topic_id, {.since = 10});
    visit("name", self.name, {.nullable_since = 10});
  }
};

struct MetadataRequest {
  static constexpr const Api& kApi = kMetadata;
  static constexpr bool kIsRequest = true;

  // None is all; in version 0, which has no null, an empty list is.
  std::optional<std::vector<MetadataRequestTopic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  static void fields(auto& self, auto& visit) {
    visit("topics", self.topics, {.nullable_since = 1});
    visit("allow_auto_topic_creation", self.allow_auto_topic_creation, {.since = 4});
    visit("include_cluster_authorized_operations", self.include_cluster_authorized_operations,
          {.since = 8, .until = 10});
    visit("include_topic_authorized_operations", self.include_topic_authorized_operations,
          {.since = 8});
  }
};

struct MetadataBroker {
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;

  static void fields(auto& self, auto& visit) {
    visit("node_id", self.node_id);
    visit("host", self.host);
    visit("port", self.port);
    visit("rack", self.rack, {.since = 1});
  }
};

struct MetadataPartition {
  std::int16_t error_code = 0;
  std::int32_t partition_index = 0;
  std::int32_t leader_id = 0;
  std::int32_t leader_epoch = -1;
  std::vector<std::int32_t> replica_nodes;
  std::vector<std::int32_t> isr_nodes;
  std::vector<std::int32_t> offline_replicas;

  static void fields(auto& self, auto& visit) {
    visit("error_code", self.error_code);
    visit("partition_index", self.partition_index);
    visit("leader_id", self.leader_id);
    visit("leader_epoch", self.leader_epoch, {.since = 7});
    visit("replica_nodes", self.replica_nodes);
    visit("isr_nodes", self.isr_nodes);
    visit("offline_replicas", self.offline_replicas, {.since = 5});
  }
};

// A set of authorized operations that nobody asked for.
inline constexpr std::int32_t kOperationsUnknown = std::numeric_limits<std::int32_t>::min();

struct MetadataTopic {
  std::int16_t error_code = 0;
  std::optional<std::string> name;
  Uuid topic_id;
  bool is_internal = false;
  std::vector<MetadataPartition> partitions;
  std::int32_t topic_authorized_operations = kOperationsUnknown;

  static void fields(auto& self, auto& visit) {
    visit("error_code", self.error_code);
    visit("name", self.name, {.nullable_since = 12});
    visit("topic_id", self.topic_id, {.since = 10});
    visit("is_internal", self.is_internal, {.since = 1});
    visit("partitions", self.partitions);
    visit("topic_authorized_operations", self.topic_authorized_operations, {.since = 8});
  }
};

struct MetadataResponse {
  static constexpr const Api& kApi = kMetadata;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<MetadataBroker> brokers;
  std::optional<std::string> cluster_id;
  std::int32_t controller_id = -1;
  std::vector<MetadataTopic> topics;
  std::int32_t cluster_authorized_operations = kOperationsUnknown;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms, {.since = 3});
    visit("brokers", self.brokers);
    visit("cluster_id", self.cluster_id, {.since = 2});
    visit("controller_id", self.controller_id, {.since = 1});
    visit("topics", self.topics);
    visit("cluster_authorized_operations", self.cluster_authorized_operations,
          {.since = 8, .until = 10});
  }
};

}  // namespace ropewalk::kafka
