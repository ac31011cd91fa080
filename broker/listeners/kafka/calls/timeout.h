// For calls whose requests say how long their client waits.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "broker/listeners/kafka/exchange/exchange.h"
#include "broker/listeners/kafka/exchange/shared.h"

namespace ropewalk::kafka {

// 0 and less: the client does not say.
inline void set_timeout(const Shared& shared, Exchange& exchange, std::int32_t timeout_ms) {
  if (timeout_ms <= 0) return;
  const std::chrono::milliseconds asked(timeout_ms);
  exchange.context.deadline = exchange.clock.since() + std::min(asked, shared.options.timeout_max);
}

}  // namespace ropewalk::kafka
