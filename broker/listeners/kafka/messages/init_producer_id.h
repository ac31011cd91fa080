// InitProducerId: an id and an epoch for an idempotent or transactional producer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"

namespace ropewalk::kafka {

struct InitProducerIdRequest {
  static constexpr const Api& kApi = kInitProducerId;
  static constexpr bool kIsRequest = true;

  std::optional<std::string> transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;

  static void fields(auto& self, auto& visit) {
    visit("transactional_id", self.transactional_id);
    visit("transaction_timeout_ms", self.transaction_timeout_ms);
    visit("producer_id", self.producer_id, {.since = 3});
    visit("producer_epoch", self.producer_epoch, {.since = 3});
  }
};

struct InitProducerIdResponse {
  static constexpr const Api& kApi = kInitProducerId;
  static constexpr bool kIsRequest = false;

  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;

  static void fields(auto& self, auto& visit) {
    visit("throttle_time_ms", self.throttle_time_ms);
    visit("error_code", self.error_code);
    visit("producer_id", self.producer_id);
    visit("producer_epoch", self.producer_epoch);
  }
};

}  // namespace ropewalk::kafka
