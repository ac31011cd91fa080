// What the use cases count. Made by the composition root, outlives them; any thread.
#pragma once

#include "broker/telemetry/counter.h"
#include "broker/telemetry/level.h"
#include "broker/telemetry/page.h"

namespace ropewalk::service {

struct ServiceMetrics {
  explicit ServiceMetrics(env::Environment& environment);
  void show(telemetry::Page& page) const;

  telemetry::Counter produced_batches;  // That were acknowledged, also those sent again.
  telemetry::Counter produced_records;
  telemetry::Counter produced_bytes;
  telemetry::Counter fetched_bytes;
  telemetry::Level fetch_sessions;
  telemetry::Level fetch_session_partitions;  // That they name, together.
  telemetry::Counter fetch_sessions_evicted;  // That had to go for others.
};

}  // namespace ropewalk::service
