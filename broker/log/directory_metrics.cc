#include "broker/log/directory_metrics.h"

namespace ropewalk::log {
namespace {

constexpr telemetry::Family kAppendedBatches{
    "ropewalk_log_appended_batches_total",
    "Record batches that were written to logs, those of the metadata log included."};
constexpr telemetry::Family kAppendedBytes{
    "ropewalk_log_appended_bytes_total",
    "Bytes that were written to logs, those of the metadata log included."};
constexpr telemetry::Family kRemovedSegments{
    "ropewalk_log_removed_segments_total",
    "Log segments that were removed: by retention, or since their records were deleted."};
constexpr telemetry::Family kRemovedEarly{
    "ropewalk_log_removed_early_records_total",
    "Records that retention removed by their own times, though they had been here for less than "
    "retention.ms: their producers sent times of long ago, or in a wrong unit."};
constexpr telemetry::Family kSyncRequests{
    "ropewalk_sync_requests_total", "Times that a log asked for what it had written to be synced."};
constexpr telemetry::Family kSyncRequestFiles{
    "ropewalk_sync_request_files_total",
    "Files and directories that logs asked to be synced; those that wait already share a sync."};
constexpr telemetry::Family kSyncTook{"ropewalk_sync_duration_seconds",
                                      "How long the disk took to sync a file or a directory."};
constexpr telemetry::Family kSyncFailures{
    "ropewalk_sync_failures_total", "Syncs that failed; the logs that asked for them are closed."};

}  // namespace

DirectoryMetrics::DirectoryMetrics(env::Environment& environment)
    : appended_batches(environment),
      appended_bytes(environment),
      removed_segments(environment),
      removed_early(environment),
      sync_requests(environment),
      sync_request_files(environment),
      sync_took(environment),
      sync_failures(environment) {}

void DirectoryMetrics::show(telemetry::Page& page, std::string_view data_dir) const {
  page.counter(kAppendedBatches, {{"data_dir", data_dir}}, appended_batches.value());
  page.counter(kAppendedBytes, {{"data_dir", data_dir}}, appended_bytes.value());
  page.counter(kRemovedSegments, {{"data_dir", data_dir}}, removed_segments.value());
  page.counter(kRemovedEarly, {{"data_dir", data_dir}}, removed_early.value());
  page.counter(kSyncRequests, {{"data_dir", data_dir}}, sync_requests.value());
  page.counter(kSyncRequestFiles, {{"data_dir", data_dir}}, sync_request_files.value());
  page.histogram(kSyncTook, {{"data_dir", data_dir}}, sync_took);
  page.counter(kSyncFailures, {{"data_dir", data_dir}}, sync_failures.value());
}

}  // namespace ropewalk::log
