// DescribeCluster: the brokers and the controller.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct DescribeClusterRequest {
  static constexpr const Api& kApi = kDescribeCluster;
  static constexpr bool kIsRequest = true;

  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1;  // 1 brokers, 2 controllers.

  static void fields(auto& self, auto& visit) {
    visit("include_cluster_authorized_operations", self.include_cluster_authorized_operations);
    visit("endpoint_type", self.endpoint_type, {.since = 1});
  }
};

struct DescribeClusterBroker {
  std::int32_t broker_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;

  static void fields(auto& self, auto& visit) {
    visit("broker_id", self.broker_id);
    visit("host", self.host);
    visit("port", self.port);
    visit("rack", self.rack);
  }
};

struct DescribeClusterResponse {
  static constexpr const Api& kApi = kDescribeCluster;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int8_t endpoint_type = 1;
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<DescribeClusterBroker> brokers;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
    visit("endpoint_type", self.endpoint_type, {.since = 1});
    visit("cluster_id", self.cluster_id);
    visit("controller_id", self.controller_id);
    visit("brokers", self.brokers);
    visit("cluster_authorized_operations", self.cluster_authorized_operations);
  }
};

}  // namespace ropewalk::kafka
