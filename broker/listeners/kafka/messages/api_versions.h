// ApiVersions: which calls this broker answers, in which versions. The reply has the oldest header
// in every version, so that a client can read it whatever it asked with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct ApiVersionsRequest {
  static constexpr const Api& kApi = kApiVersions;
  static constexpr bool kIsRequest = true;

  std::string client_software_name;
  std::string client_software_version;

  static void fields(auto& self, auto& visit) {
    visit("client_software_name", self.client_software_name, {.since = 3});
    visit("client_software_version", self.client_software_version, {.since = 3});
  }
};

struct ApiVersionRange {
  std::int16_t api_key = 0;
  std::int16_t min_version = 0;
  std::int16_t max_version = 0;

  static void fields(auto& self, auto& visit) {
    visit("api_key", self.api_key);
    visit("min_version", self.min_version);
    visit("max_version", self.max_version);
  }
};

struct SupportedFeature {
  std::string name;
  std::int16_t min_version = 0;
  std::int16_t max_version = 0;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name, {.since = 3});
    visit("min_version", self.min_version, {.since = 3});
    visit("max_version", self.max_version, {.since = 3});
  }
};

struct FinalizedFeature {
  std::string name;
  std::int16_t max_version_level = 0;
  std::int16_t min_version_level = 0;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name, {.since = 3});
    visit("max_version_level", self.max_version_level, {.since = 3});
    visit("min_version_level", self.min_version_level, {.since = 3});
  }
};

struct ApiVersionsResponse {
  static constexpr const Api& kApi = kApiVersions;
  static constexpr bool kIsRequest = false;

  std::int16_t error_code = 0;
  std::vector<ApiVersionRange> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  std::optional<std::int64_t> finalized_features_epoch;  // Absent is -1: none known.
  std::vector<FinalizedFeature> finalized_features;
  std::optional<bool> zk_migration_ready;

  static void fields(auto& self, auto& visit) {
    visit("error_code", self.error_code);
    visit("api_keys", self.api_keys);
    visit("throttle_time_ms", self.throttle_time_ms, {.since = 1});
    visit("supported_features", self.supported_features, {.since = 3, .tag = 0});
    visit("finalized_features_epoch", self.finalized_features_epoch, {.since = 3, .tag = 1});
    visit("finalized_features", self.finalized_features, {.since = 3, .tag = 2});
    visit("zk_migration_ready", self.zk_migration_ready, {.since = 3, .tag = 3});
  }
};

}  // namespace ropewalk::kafka
