// What all sessions of a native listener share. Owned by the listener, outlives the sessions.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "broker/service/use_cases.h"
#include "broker/telemetry/request_metrics.h"
#include "common/env/core_groups.h"
#include "common/env/environment.h"

namespace ropewalk::native {

struct NativeOptions {
  std::string software_version;
  // Frames beyond are refused by rpc; told to clients.
  std::size_t frame_bytes_max = 16 << 20;
  // Of a request without records: what parsing it may cost is a multiple of this.
  std::size_t plain_body_bytes_max = 1 << 20;
  // Requests of one connection that are being served, produces aside (they have a budget of bytes).
  std::size_t requests_max = 1000;
  // Of all of these together: a fetch of many partitions that waits holds many times its size.
  std::size_t plain_bytes_max = 4 << 20;
  // Of a connection's answers that its peer has not taken: no further request without records is
  // served meanwhile.
  std::size_t held_bytes_max = 8 << 20;
  // For requests that name no timeout, and the largest that one may name.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds timeout_max{600'000};
};

struct Shared {
  env::Environment& environment;
  service::UseCases& uses;
  NativeOptions options;
  telemetry::RequestMetrics metrics;
  env::CoreGroups closing;  // Of connections that have ended.
};

}  // namespace ropewalk::native
