// Where the log begins, and its checkpoints.
#include <algorithm>
#include <utility>

#include "broker/replication/partition.h"
#include "common/log.h"

namespace ropewalk::replication {

void Partition::retain() {
  serial_.enter([this] { retain_inside(); });
}

void Partition::delete_before(std::optional<Offset> before,
                              std::optional<LeaderEpoch> expected_epoch,
                              std::move_only_function<void(Result<Offset>)> done) {
  env::Core& core = environment_.current_core();
  auto tell = [&core, done = std::move(done)](Result<Offset> outcome) mutable {
    core.post([done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  };
  serial_.enter([this, before, expected_epoch, tell = std::move(tell)]() mutable {
    const auto start = start_to_be(before, expected_epoch);
    if (!start) return tell(std::unexpected(start.error()));
    start_at(*start, [start = *start, tell = std::move(tell)](Result<void> stored) mutable {
      if (stored)
        tell(start);
      else
        tell(fail(stored.error().code == Errc::cancelled
                      ? Error{Errc::request_timed_out, "another change came in between: try again"}
                      : std::move(stored).error()));
    });
  });
}

void Partition::retain_inside() {
  if (!leader_ || log_->failed()) return;
  const log::Retained retained = log::retained_from(*log_->view(), log_->options().retention,
                                                    environment_.wall_now(), high_watermark_);
  const Offset from = log_->log_start();
  if (retained.start == from) {
    if (log_->removal_is_due()) removal_again();
    return;
  }
  start_at(retained.start, [this, from, retained](Result<void> stored) {
    if (stored && retained.early_records > 0) {
      log_->metrics().removed_early.add(static_cast<std::uint64_t>(retained.early_records));
      log_warn(
          "{}: retention removes offsets {} to {}; they came only lately, but it is the "
          "records' own time that retention.ms counts, and theirs is older",
          id_, from, retained.start - 1);
    } else if (stored) {
      log_info("{}: retention removes offsets {} to {}", id_, from, retained.start - 1);
    } else if (stored.error().code != Errc::cancelled) {
      log_warn("retention of {}: {}", id_, stored.error());
    }
  });
}

void Partition::removal_again() {
  store_checkpoint([id = id_](Result<void> stored) {
    if (!stored && stored.error().code != Errc::cancelled)
      log_warn("retention of {}, again: {}", id, stored.error());
  });
}

Result<Offset> Partition::start_to_be(std::optional<Offset> before,
                                      std::optional<LeaderEpoch> expected) const {
  TRY_VOID(check_role(expected));
  if (before && *before > high_watermark_)
    return fail(Errc::offset_out_of_range,
                "{}: offset {} lies behind the high watermark {}: only committed records can be "
                "deleted",
                id_, *before, high_watermark_);
  return std::max(before.value_or(high_watermark_), log_->log_start());
}

// The files of whole segments go once the checkpoint is durable. A segment that ends here can only
// go when another one follows it.
void Partition::start_at(Offset start, log::PartitionLog::Done done) {
  if (start > log_->log_start()) wake_watchers(std::nullopt);
  log_->set_log_start(start);
  if (start == log_->readable_end()) log_->roll();
  store_checkpoint(std::move(done));
}

void Partition::store_checkpoint(log::PartitionLog::Done done) {
  if (producers_unknown_)
    return done(fail(Errc::cancelled, "what producers of {} sent is being read", id_));
  log_->checkpoint(high_watermark_, producers_.encode(high_watermark_), std::move(done));
}

}  // namespace ropewalk::replication
