// DescribeConfigs: settings of topics and brokers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct DescribeConfigsResource {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::optional<std::vector<std::string>> configuration_keys;  // None: all.

  static void fields(auto& self, auto& visit) {
    visit("resource_type", self.resource_type);
    visit("resource_name", self.resource_name);
    visit("configuration_keys", self.configuration_keys);
  }
};

struct DescribeConfigsRequest {
  static constexpr const Api& kApi = kDescribeConfigs;
  static constexpr bool kIsRequest = true;

  std::vector<DescribeConfigsResource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  static void fields(auto& self, auto& visit) {
    visit("resources", self.resources);
    visit("include_synonyms", self.include_synonyms);
    visit("include_documentation", self.include_documentation, {.since = 3});
  }
};

struct DescribedConfigSynonym {
  std::string name;
  std::optional<std::string> value;
  std::int8_t source = 0;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("value", self.value);
    visit("source", self.source);
  }
};

struct DescribedConfig {
  std::string name;
  std::optional<std::string> value;
  bool read_only = false;
  std::int8_t config_source = -1;
  bool is_sensitive = false;
  std::vector<DescribedConfigSynonym> synonyms;
  std::int8_t config_type = 0;
  std::optional<std::string> documentation;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("value", self.value);
    visit("read_only", self.read_only);
    visit("config_source", self.config_source);
    visit("is_sensitive", self.is_sensitive);
    visit("synonyms", self.synonyms);
    visit("config_type", self.config_type, {.since = 3});
    visit("documentation", self.documentation, {.since = 3});
  }
};

struct DescribeConfigsResult {
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::vector<DescribedConfig> configs;

  static void fields(auto& self, auto& visit) {
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
    visit("resource_type", self.resource_type);
    visit("resource_name", self.resource_name);
    visit("configs", self.configs);
  }
};

struct DescribeConfigsResponse {
  static constexpr const Api& kApi = kDescribeConfigs;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribeConfigsResult> results;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("results", self.results);
  }
};

}  // namespace ropewalk::kafka
