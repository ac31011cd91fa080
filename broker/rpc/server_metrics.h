// What a server counts about its connections. Any thread.
#pragma once

#include <string>

#include "broker/telemetry/core_cells.h"
#include "broker/telemetry/counter.h"
#include "broker/telemetry/error_counts.h"
#include "broker/telemetry/page.h"

namespace ropewalk::rpc {

// Why a connection ended.
enum class ClosedBy {
  peer,    // It ended its side, or was gone.
  idle,    // Nothing moved for too long.
  slow,    // The peer took too long over what it had begun.
  error,   // What it sent could not be served.
  agreed,  // The protocol ends here.
  stop,    // The broker stops.
};
inline constexpr const char* kClosedByNames[] = {"peer", "idle", "slow", "error", "agreed", "stop"};

struct ServerMetrics {
  explicit ServerMetrics(env::Environment& environment);

  telemetry::Counter accepted;
  telemetry::Counter refused;             // There were as many as there may be.
  telemetry::Counter refused_of_address;  // There were as many of its address.
  telemetry::Counter accept_errors;
  telemetry::CoreCells closed;    // By ClosedBy.
  telemetry::ErrorCounts errors;  // That ended connections.
  telemetry::Counter received_bytes;
  telemetry::Counter sent_bytes;

  void count_closed(ClosedBy by) { closed.add(static_cast<std::size_t>(by), 1); }
  void show(telemetry::Page& page, const std::string& listener) const;
};

}  // namespace ropewalk::rpc
