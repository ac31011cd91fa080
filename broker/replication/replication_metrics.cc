#include "broker/replication/replication_metrics.h"

namespace ropewalk::replication {
namespace {

using telemetry::Family;

constexpr Family kSent{"ropewalk_replication_sent_bytes_total",
                       "Bytes of batches that were sent to followers."};
constexpr Family kReceived{"ropewalk_replication_received_bytes_total",
                           "Bytes of batches that came from leaders."};
constexpr Family kRequests{"ropewalk_replication_fetch_requests_total",
                           "Requests to leaders for what their followers here lack."};
constexpr Family kFailures{
    "ropewalk_replication_fetch_failures_total",
    "Requests to leaders that had no answer, or one that ended the fetch session."};
constexpr Family kSessions{"ropewalk_replication_sessions",
                           "Fetch sessions that other brokers have here."};
constexpr Family kShrinks{
    "ropewalk_in_sync_shrinks_total",
    "How often a replica left the in-sync set of a partition while this broker led it."};
constexpr Family kExpands{
    "ropewalk_in_sync_expands_total",
    "How often a replica joined the in-sync set of a partition while this broker led it."};
constexpr Family kTruncations{
    "ropewalk_replica_truncations_total",
    "How often a replica of this broker was cut, or begun anew, to agree with its leader."};

constexpr Family kDamageFound{
    "ropewalk_replica_damage_found_total",
    "How often a batch that was asked for again turned out to be damaged on this broker's disk."};

}  // namespace

ReplicationMetrics::ReplicationMetrics(env::Environment& environment)
    : sent_bytes(environment),
      received_bytes(environment),
      fetch_requests(environment),
      fetch_failures(environment),
      sessions(environment),
      shrinks(environment),
      expands(environment),
      truncations(environment),
      damage_found(environment) {}

void ReplicationMetrics::show(telemetry::Page& page) const {
  page.counter(kSent, {}, sent_bytes.value());
  page.counter(kReceived, {}, received_bytes.value());
  page.counter(kRequests, {}, fetch_requests.value());
  page.counter(kFailures, {}, fetch_failures.value());
  page.gauge(kSessions, {}, sessions.value());
  page.counter(kShrinks, {}, shrinks.value());
  page.counter(kExpands, {}, expands.value());
  page.counter(kTruncations, {}, truncations.value());
  page.counter(kDamageFound, {}, damage_found.value());
}

}  // namespace ropewalk::replication
