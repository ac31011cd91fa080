// UnregisterBroker: a broker that will not come back is forgotten.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct UnregisterBrokerRequest {
  static constexpr const Api& kApi = kUnregisterBroker;
  static constexpr bool kIsRequest = true;

  std::int32_t broker_id = 0;

  static void fields(auto& self, auto& visit) { visit("broker_id", self.broker_id); }
};

struct UnregisterBrokerResponse {
  static constexpr const Api& kApi = kUnregisterBroker;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("error_code", self.error_code);
    visit("error_message", self.error_message);
  }
};

}  // namespace ropewalk::kafka
