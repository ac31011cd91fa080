// What all sessions of a Kafka listener share. Owned by the listener, outlives the sessions.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "broker/listeners/kafka/exchange/kept_metadata.h"
#include "broker/service/use_cases.h"
#include "broker/telemetry/request_metrics.h"
#include "common/env/core_groups.h"
#include "common/env/environment.h"

namespace ropewalk::kafka {

struct KafkaOptions {
  // Of a request without records.
  std::size_t plain_body_bytes_max = 1 << 20;
  // Requests of one connection that are being served: it is not read any further meanwhile.
  std::size_t requests_max = 100;
  // Of a connection's answers in memory that its peer has not taken: more closes it.
  std::size_t held_bytes_max = 8 << 20;
  // Of answers about all topics that one core keeps.
  std::size_t kept_metadata_bytes_max = 8 << 20;
  // For requests that name no timeout, and the largest that one may name.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds timeout_max{600'000};
};

struct Shared {
  env::Environment& environment;
  service::UseCases& uses;
  KafkaOptions options;
  telemetry::RequestMetrics metrics;
  std::vector<KeptMetadata> kept_metadata;  // By core.
  env::CoreGroups closing;                  // Of connections that have ended.
};

}  // namespace ropewalk::kafka
