#include "broker/log/unsynced_bytes.h"

namespace ropewalk::log {
namespace {

constexpr telemetry::Family kBytes{
    "ropewalk_unsynced_bytes",
    "Bytes that logs of a data directory have written and that are not synced yet."};
constexpr telemetry::Family kLimit{
    "ropewalk_unsynced_limit_bytes",
    "With so many bytes that are not synced a data directory takes no records for the moment "
    "(unsynced_bytes_max)."};
constexpr telemetry::Family kRefused{
    "ropewalk_unsynced_refused_batches_total",
    "Record batches that were refused, to be sent again: too much was not synced yet."};

}  // namespace

Error UnsyncedBytes::refuse_batch() {
  refused_.add();
  return {Errc::budget_exceeded,
          fmt::format("data_dir {} has {} bytes that are not synced yet, unsynced_bytes_max is {}: "
                      "more is produced than its disk can take",
                      directory_, bytes(), bytes_max_)};
}

void UnsyncedBytes::show(telemetry::Page& page) const {
  page.gauge(kBytes, {{"data_dir", directory_}}, bytes());
  page.gauge(kLimit, {{"data_dir", directory_}}, bytes_max_);
  page.counter(kRefused, {{"data_dir", directory_}}, refused_.value());
}

}  // namespace ropewalk::log
