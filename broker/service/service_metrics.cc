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

}  // namespace

ServiceMetrics::ServiceMetrics(env::Environment& environment)
    : produced_batches(environment),
      produced_records(environment),
      produced_bytes(environment),
      fetched_bytes(environment) {}

void ServiceMetrics::show(telemetry::Page& page) const {
  page.counter(kProducedBatches, {}, produced_batches.value());
  page.counter(kProducedRecords, {}, produced_records.value());
  page.counter(kProducedBytes, {}, produced_bytes.value());
  page.counter(kFetchedBytes, {}, fetched_bytes.value());
}

}  // namespace ropewalk::service
