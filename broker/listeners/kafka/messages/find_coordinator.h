// FindCoordinator: who coordinates a group or a transaction; several keys from version 4 on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct FindCoordinatorRequest {
  static constexpr const Api& kApi = kFindCoordinator;
  static constexpr bool kIsRequest = true;

  std::string key;
  std::int8_t key_type = 0;  // 0 a group, 1 a transaction.
  std::vector<std::string> coordinator_keys;

  static void fields(auto& self, auto& visit) {
    visit("key", self.key, {.until = 3});
    visit("key_type", self.key_type, {.since = 1});
    visit("coordinator_keys", self.coordinator_keys, {.since = 4});
  }
};

struct Coordinator {
  std::string key;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  static void fields(auto& self, auto& visit) {
    visit("key", self.key, {.since = 4});
    visit("node_id", self.node_id, {.since = 4});
    visit("host", self.host, {.since = 4});
    visit("port", self.port, {.since = 4});
    visit("error_code", self.error_code, {.since = 4});
    visit("error_message", self.error_message, {.since = 4});
  }
};

struct FindCoordinatorResponse {
  static constexpr const Api& kApi = kFindCoordinator;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::vector<Coordinator> coordinators;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms, {.since = 1});
    visit("error_code", self.error_code, {.until = 3});
    visit("error_message", self.error_message, {.since = 1, .until = 3});
    visit("node_id", self.node_id, {.until = 3});
    visit("host", self.host, {.until = 3});
    visit("port", self.port, {.until = 3});
    visit("coordinators", self.coordinators, {.since = 4});
  }
};

}  // namespace ropewalk::kafka
