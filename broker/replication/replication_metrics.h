// What replication between brokers counts. Made by the composition root, outlives it; any thread.
#pragma once

#include "broker/telemetry/counter.h"
#include "broker/telemetry/level.h"
#include "broker/telemetry/page.h"

namespace ropewalk::replication {

struct ReplicationMetrics {
  explicit ReplicationMetrics(env::Environment& environment);
  void show(telemetry::Page& page) const;

  telemetry::Counter sent_bytes;      // Of batches, to followers.
  telemetry::Counter received_bytes;  // Of batches, from leaders.
  telemetry::Counter fetch_requests;  // To leaders.
  telemetry::Counter fetch_failures;  // Of these: a leader away, a session it does not know.
  telemetry::Level sessions;          // Of followers here.
  telemetry::Counter shrinks;         // In-sync sets, where this broker led before and after.
  telemetry::Counter expands;
  telemetry::Counter truncations;   // Replicas here that were cut to what their leader has.
  telemetry::Counter damage_found;  // In batches that somebody asked for again.
};

}  // namespace ropewalk::replication
