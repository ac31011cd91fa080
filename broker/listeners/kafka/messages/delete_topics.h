// DeleteTopics, by name or, from version 6 on, by id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"
#include "common/uuid.h"

namespace ropewalk::kafka {

struct DeleteTopicState {
  std::optional<std::string> name;
  Uuid topic_id;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name, {.since = 6});
    visit("topic_id", self.topic_id, {.since = 6});
  }
};

struct DeleteTopicsRequest {
  static constexpr const Api& kApi = kDeleteTopics;
  static constexpr bool kIsRequest = true;

  std::vector<DeleteTopicState> topics;
  std::vector<std::string> topic_names;
  std::int32_t timeout_ms = 0;

  static void fields(auto& self, auto& visit) {
    visit("topics", self.topics, {.since = 6});
    visit("topic_names", self.topic_names, {.until = 5});
    visit("timeout_ms", self.timeout_ms);
  }
};

struct DeletedTopic {
  std::optional<std::string> name;
  Uuid topic_id;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  static void fields(auto& self, auto& visit) {
    visit("name", self.name, {.nullable_since = 6});
    visit("topic_id", self.topic_id, {.since = 6});
    visit("error_code", self.error_code);
    visit("error_message", self.error_message, {.since = 5});
  }
};

struct DeleteTopicsResponse {
  static constexpr const Api& kApi = kDeleteTopics;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::vector<DeletedTopic> topics;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms, {.since = 1});
    visit("topics", self.topics);
  }
};

}  // namespace ropewalk::kafka
