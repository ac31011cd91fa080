// What is counted about the logs of one directory. Owned by whoever owns the directory; any thread.
#pragma once

#include <string_view>

#include "broker/telemetry/counter.h"
#include "broker/telemetry/duration_histogram.h"
#include "broker/telemetry/page.h"

namespace ropewalk::log {

struct DirectoryMetrics {
  explicit DirectoryMetrics(env::Environment& environment);
  void show(telemetry::Page& page, std::string_view data_dir) const;

  telemetry::Counter appended_batches;
  telemetry::Counter appended_bytes;
  telemetry::Counter removed_segments;     // Whole ones below a log's start.
  telemetry::Counter removed_early;        // Records that retention took by their own times alone.
  telemetry::Counter sync_requests;        // Asked of the DirectorySyncer,
  telemetry::Counter sync_request_files;   // for so many files and directories.
  telemetry::DurationHistogram sync_took;  // Of each file or directory that was synced.
  telemetry::Counter sync_failures;
};

}  // namespace ropewalk::log
