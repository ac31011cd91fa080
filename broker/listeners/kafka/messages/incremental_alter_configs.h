// IncrementalAlterConfigs: changes single settings of a resource.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct IncrementalAlterConfigsEntry {
  std::string name;
  std::int8_t config_operation = 0;  // 0 set, 1 delete, 2 append, 3 subtract.
  std::optional<std::string> value;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("config_operation", self.config_operation);
    visit("value", self.value);
  }
};

struct IncrementalAlterConfigsResource {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::vector<IncrementalAlterConfigsEntry> configs;

  static void fields(auto& self, auto& visit) {
    visit("resource_type", self.resource_type);
    visit("resource_name", self.resource_name);
    visit("configs", self.configs);
  }
};

struct IncrementalAlterConfigsRequest {
  static constexpr const Api& kApi = kIncrementalAlterConfigs;
  static constexpr bool kIsRequest = true;

  std::vector<IncrementalAlterConfigsResource> resources;
  bool validate_only = false;

  static void fields(auto& self, auto& visit) {
    visit("resources", self.resources);
    visit("validate_only", self.validate_only);
  }
};

struct IncrementalAlterConfigsResult {
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int8_t resource_type = 0;
  std::string resource_name;

  static void fields(auto& self, auto& visit) {
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
    visit("resource_type", self.resource_type);
    visit("resource_name", self.resource_name);
  }
};

struct IncrementalAlterConfigsResponse {
  static constexpr const Api& kApi = kIncrementalAlterConfigs;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<IncrementalAlterConfigsResult> responses;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("responses", self.responses);
  }
};

}  // namespace ropewalk::kafka
