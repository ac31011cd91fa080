// AlterConfigs: replaces all settings of a resource.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct AlterConfigsEntry {
  std::string name;
  std::optional<std::string> value;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("value", self.value);
  }
};

struct AlterConfigsResource {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::vector<AlterConfigsEntry> configs;

  static void fields(auto& self, auto& visit) {
    visit("resource_type", self.resource_type);
    visit("resource_name", self.resource_name);
    visit("configs", self.configs);
  }
};

struct AlterConfigsRequest {
  static constexpr const Api& kApi = kAlterConfigs;
  static constexpr bool kIsRequest = true;

  std::vector<AlterConfigsResource> resources;
  bool validate_only = false;

  static void fields(auto& self, auto& visit) {
    visit("resources", self.resources);
    visit("validate_only", self.validate_only);
  }
};

struct AlterConfigsResult {
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

struct AlterConfigsResponse {
  static constexpr const Api& kApi = kAlterConfigs;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResult> responses;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("responses", self.responses);
  }
};

}  // namespace ropewalk::kafka
