#include "broker/service/service_metrics.h"

namespace ropewalk::service {
namespace {

constexpr telemetry::Family kProducedBatches{"ropewalk_produced_batches_total",
                                             "Record batches that producers had acknowledged."};
constexpr telemetry::Family kProducedRecords{"ropewalk_produced_records_total",
                                             "Records that producers had acknowledged."};
constexpr telemetry::Family kProducedBytes{
    "ropewalk_produced_bytes_total",
    "Bytes of the batches that producers had acknowledged, as they were sent."};
constexpr telemetry::Family kFetchedBytes{
    "ropewalk_fetched_bytes_total", "Bytes of records in answers to fetches, as they are stored."};
constexpr telemetry::Family kFetchSessions{"ropewalk_fetch_sessions",
                                           "Fetch sessions that the broker holds."};
constexpr telemetry::Family kFetchSessionPartitions{
    "ropewalk_fetch_session_partitions", "Partitions that fetch sessions name, over all of them."};
constexpr telemetry::Family kFetchSessionsEvicted{
    "ropewalk_fetch_sessions_evicted_total",
    "Fetch sessions that were given up for others, since there was no room (fetch_sessions_max, "
    "fetch_session_bytes_max)."};

}  // namespace

ServiceMetrics::ServiceMetrics(env::Environment& environment)
    : produced_batches(environment),
      produced_records(environment),
      produced_bytes(environment),
      fetched_bytes(environment),
      fetch_sessions(environment),
      fetch_session_partitions(environment),
      fetch_sessions_evicted(environment) {}

void ServiceMetrics::show(telemetry::Page& page) const {
  page.counter(kProducedBatches, {}, produced_batches.value());
  page.counter(kProducedRecords, {}, produced_records.value());
  page.counter(kProducedBytes, {}, produced_bytes.value());
  page.counter(kFetchedBytes, {}, fetched_bytes.value());
  page.gauge(kFetchSessions, {}, fetch_sessions.value());
  page.gauge(kFetchSessionPartitions, {}, fetch_session_partitions.value());
  page.counter(kFetchSessionsEvicted, {}, fetch_sessions_evicted.value());
}

}  // namespace ropewalk::service
