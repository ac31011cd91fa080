#include "broker/log/partition_log.h"

#include <algorithm>
#include <iterator>

#include "broker/log/disk_failure.h"
#include "broker/log/log_read.h"
#include "broker/log/segment_files.h"

namespace ropewalk::log {

std::shared_ptr<PartitionLog> PartitionLog::make(LogPlace place, LogOptions options,
                                                 RecoveredLog recovered, LogListener& listener) {
  return std::shared_ptr<PartitionLog>(
      new PartitionLog(std::move(place), options, std::move(recovered), listener));
}

PartitionLog::PartitionLog(LogPlace place, LogOptions options, RecoveredLog recovered,
                           LogListener& listener)
    : place_(std::move(place)),
      listener_(&listener),
      log_(options, recovered),
      next_offset_(recovered.log_end),
      stored_checkpoint_(recovered.checkpoint) {}

PartitionLog::~PartitionLog() = default;

void PartitionLog::append(StampedBatch batch) {
  ENSURE(batch.base_offset() == next_offset_, "a batch at {}, the log goes on at {}",
         batch.base_offset(), next_offset_);
  ENSURE(operations_.empty() && !closing_, "an append while the log is being cut or closed");
  if (failed_) return;
  next_offset_ = batch.next_offset();
  waiting_.push_back(std::move(batch));
}

void PartitionLog::flush() {
  if (failed_ || busy_ || waiting_.empty()) return;
  AppendPlan plan = log_.plan_append(std::exchange(waiting_, {}), place_.environment.wall_now());
  if (plan.needs_segment()) {
    busy_ = true;
    const bool first = log_.view()->segment_count() == 0;
    place_.tasks.spawn("log segment", create_and_write(shared_from_this(), std::move(plan), first));
    return;
  }
  Result<void> outcome;
  for (const SegmentWrite& write : plan.writes)
    if (outcome) outcome = write_batches(plan, write);
  append_ended(std::move(plan), std::move(outcome));
}

void PartitionLog::roll() {
  roll_wanted_ = true;
  start_roll();
}

void PartitionLog::start_roll() {
  if (!roll_wanted_ || failed_ || busy_ || closing_) return;
  roll_wanted_ = false;
  auto plan = log_.plan_roll();
  if (!plan) return;
  busy_ = true;
  place_.tasks.spawn("log roll", create_and_write(shared_from_this(), std::move(*plan), false));
}

void PartitionLog::append_ended(AppendPlan plan, Result<void> outcome) {
  const LogViewPtr before = log_.view();
  log_.written(plan, outcome, place_.environment.wall_now());
  if (!outcome) {
    clear_failed_write(std::move(plan), std::move(outcome).error());
    return;
  }
  last_write_ = now();
  place_.metrics.appended_batches.add(plan.batches.size());
  std::uint64_t bytes = 0;
  for (const SegmentWrite& write : plan.writes) bytes += write.bytes;
  place_.metrics.appended_bytes.add(bytes);
  place_.unsynced.add(bytes);
  unsynced_bytes_ += bytes;
  listener_->log_written();
  const LogViewPtr after = log_.view();
  for (std::size_t i = before->sealed->size(); i < after->sealed->size(); i++)
    complete_later((*after->sealed)[i]);
  if (after->sealed->size() > before->sealed->size()) listener_->log_rolled();
  if (log_.options().sync_appends || after->sealed->size() > before->sealed->size() ||
      place_.unsynced.is_high())
    request_sync();
  reserve_ahead(after);
  watch_for_quiet();
}

void PartitionLog::complete_later(SegmentViewPtr segment) {
  completing_++;
  place_.tasks.spawn("log segment end", complete_segment(shared_from_this(), std::move(segment)));
}

void PartitionLog::reserve_ahead(const LogViewPtr& view) {
  if (!view->active) return;
  const auto range = blocks_ahead_.wanted(view->active->base, log_.active_end_position(),
                                          log_.options().segment_bytes);
  if (range)
    place_.tasks.spawn("log blocks", reserve(shared_from_this(), view->active->file, *range));
}

void PartitionLog::clear_failed_write(AppendPlan plan, Error error) {
  if (error.code != Errc::disk_full) {
    fail_log(error);
    return;
  }
  disk_full_.warn(now().time_since_epoch(), "refusing records of {}: {}", place_.partition, error);
  busy_ = true;
  place_.tasks.spawn("log clear", cut_back(shared_from_this(), std::move(plan),
                                           log_.active_end_position(), std::move(error)));
}

void PartitionLog::request_sync() { start_sync(false); }

void PartitionLog::start_sync(bool record) {
  if (failed_) return;
  if (sync_out_ || operating_) {
    sync_wanted_ = true;
    return;
  }
  auto plan = log_.plan_sync(record);
  if (!plan) {
    count_synced(unsynced_bytes_);  // Cut away, or removed.
    return;
  }
  if (plan->slot) {
    const auto written = write_slot(*plan->slot);
    if (!written && written.error().code != Errc::disk_full) {
      // As if the sync had ended so: the owner is told when its call is over.
      sync_out_ = true;
      place_.enter([self = shared_from_this(), plan = *std::move(plan),
                    outcome = Result<void>(written)] { self->sync_ended(plan, outcome); });
      return;
    }
    // A file system that copies on write, or is not on a disk, may refuse even a block that is
    // there. The records are durable without; only the recorded end stays behind for a while.
    if (!written && !log_.slot_refused(*plan)) return;
  }
  sync_out_ = true;
  syncing_bytes_ = unsynced_bytes_;
  SyncRequest request;
  for (const SegmentFilePtr& file : plan->files) request.files.push_back(file->file_ptr());
  if (plan->directory) request.directories.push_back(place_.folder);
  place_.syncer.sync(std::move(request), [self = shared_from_this(),
                                          plan = std::move(*plan)](Result<void> outcome) mutable {
    const auto enter = self->place_.enter;
    enter([self = std::move(self), plan = std::move(plan), outcome = std::move(outcome)] {
      self->sync_ended(plan, outcome);
    });
  });
}

void PartitionLog::sync_ended(const SyncPlan& plan, const Result<void>& outcome) {
  sync_out_ = false;
  if (failed_) return;
  if (!outcome) {
    fail_log(outcome.error());
    return;
  }
  count_synced(syncing_bytes_);
  const Offset before = log_.durable_end();
  log_.synced(plan, outcome);
  release_segments();
  if (log_.durable_end() > before) listener_->log_synced();
  go_on();
}

void PartitionLog::count_synced(std::uint64_t bytes) {
  place_.unsynced.sub(bytes);
  unsynced_bytes_ -= bytes;
}

void PartitionLog::go_on() {
  if (failed_) return;
  if (!busy_ && !sync_out_ && !checkpoint_out_ && completing_ == 0 && !operations_.empty() &&
      !operating_)
    start_operation();
  if (operating_) return;
  flush();
  start_roll();
  if (std::exchange(sync_wanted_, false)) request_sync();
  if (waiting_checkpoint_) start_checkpoint();
  if (closing_) go_on_closing();
  watch_for_quiet();
}

void PartitionLog::set_options(const LogOptions& options) {
  const bool sync_now = options.sync_appends && !log_.options().sync_appends;
  log_.set_options(options);
  if (sync_now) request_sync();
}

void PartitionLog::bump_generation() {
  log_.bump_generation();
  if (sync_out_) sync_wanted_ = true;  // That one counts no more.
}

void PartitionLog::truncate(Offset end, Done done) {
  waiting_.clear();
  next_offset_ = std::min(next_offset_, std::max(end, log_.readable_end()));
  operations_.push_back({end, false, std::move(done)});
  go_on();
}

void PartitionLog::reset(Offset start, Done done) {
  waiting_.clear();
  operations_.push_back({start, true, std::move(done)});
  go_on();
}

void PartitionLog::start_operation() {
  operating_ = true;
  busy_ = true;
  const Operation& operation = operations_.front();
  const LogViewPtr view = log_.view();
  if (!operation.reset) {
    place_.tasks.spawn("log cut", find_place_to_cut(shared_from_this(), view, operation.target));
    return;
  }
  if (view->active && view->active->base == operation.target) {
    // Its last segment is empty and begins there: the records in front of it are what has to go.
    log_.set_log_start(operation.target);
    operation_ended({});
    return;
  }
  place_.tasks.spawn("log reset",
                     make_for_reset(shared_from_this(), operation.target,
                                    log_.reset_slot(operation.target), view->segment_count() == 0));
}

void PartitionLog::cut_found(Result<Log::CutPoint> cut_point) {
  if (failed_) return;
  if (!cut_point) {
    operation_ended(std::unexpected(std::move(cut_point).error()));
    return;
  }
  if (cut_point->end >= log_.readable_end()) {
    operation_ended({});
    return;
  }
  TruncatePlan plan = log_.plan_truncate(*cut_point);
  next_offset_ = log_.readable_end();
  plan.drop_checkpoint = stored_checkpoint_ && stored_checkpoint_->offset > plan.end;
  if (plan.drop_checkpoint) stored_checkpoint_.reset();
  place_.tasks.spawn("log cut",
                     cut(shared_from_this(), std::move(plan), log_.options().pins_grace));
}

void PartitionLog::operation_ended(Result<void> outcome) {
  busy_ = operating_ = false;
  next_offset_ = log_.readable_end();
  if (log_.durable_end() == next_offset_) count_synced(unsynced_bytes_);
  Operation operation = std::move(operations_.front());
  operations_.pop_front();
  operation.done(std::move(outcome));
  go_on();
}

void PartitionLog::set_log_start(Offset start) {
  log_.set_log_start(start);
  watch_for_quiet();
}

void PartitionLog::checkpoint(Offset offset, std::string producer_state, Done done) {
  Checkpoint content{offset, log_.log_start(), std::max(log_.high_watermark(), offset),
                     log_.epochs(), std::move(producer_state)};
  content.epochs.truncate(offset);
  if (waiting_checkpoint_) waiting_checkpoint_->done(fail(Errc::cancelled, "a newer checkpoint"));
  waiting_checkpoint_ = WaitingCheckpoint{std::move(content), std::move(done)};
  start_checkpoint();
}

void PartitionLog::start_checkpoint() {
  if (failed_ || checkpoint_out_ || operating_) return;
  if (waiting_checkpoint_->content.offset > log_.durable_end()) {
    if (waiting_checkpoint_->content.offset > log_.readable_end()) {  // Cut away meanwhile.
      auto gone = std::exchange(waiting_checkpoint_, std::nullopt);
      gone->done(fail(Errc::cancelled, "the log was cut"));
    } else if (!sync_out_) {
      start_sync(false);
    }
    return;
  }
  auto next = std::exchange(waiting_checkpoint_, std::nullopt);
  if (stored_checkpoint_ == mark_of(next->content)) {  // Ten thousand idle logs are closed at once.
    release_segments();
    next->done({});
    return;
  }
  checkpoint_out_ = true;
  checkpoint_done_ = std::move(next->done);
  place_.tasks.spawn("log checkpoint", store(shared_from_this(), std::move(next->content)));
}

void PartitionLog::checkpoint_ended(CheckpointMark stored, Result<void> outcome) {
  if (!outcome && is_disk_failure(outcome.error().code))
    fail_log({outcome.error().code, fmt::format("its checkpoint: {}", outcome.error().context)});
  checkpoint_out_ = false;
  if (failed_) return;
  if (outcome) {
    stored_checkpoint_ = stored;
    removal_waits_ = false;
    release_segments();
  } else {
    removal_failed();
  }
  auto done = std::move(checkpoint_done_);
  done(std::move(outcome));
  go_on();
}

void PartitionLog::release_segments() {
  if (!stored_checkpoint_) return;
  auto gone = log_.release_below(stored_checkpoint_->log_start);
  place_.metrics.removed_segments.add(gone.size());
  std::ranges::move(gone, std::back_inserter(unremoved_));
  if (unremoved_.empty() || removing_ || removal_waits_) return;
  removing_ = true;
  place_.tasks.spawn("log retention", remove_released(shared_from_this(), unremoved_));
}

void PartitionLog::removal_failed() {
  removal_waits_ = true;
  removal_retries_.failed();
}

bool PartitionLog::removal_is_due() {
  if (failed_ || !removal_retries_.is_due()) return false;
  removal_waits_ = false;
  return true;
}

// `count`: how many of the first it was about.
void PartitionLog::removal_ended(std::size_t count, const Result<void>& outcome) {
  removing_ = false;
  if (failed_ || closing_) return;
  if (!outcome && is_disk_failure(outcome.error().code)) {
    fail_log(
        {outcome.error().code, fmt::format("removing its segments: {}", outcome.error().context)});
  } else if (!outcome) {
    removal_failed();
  } else {
    removal_retries_.reset();
    unremoved_.erase(unremoved_.begin(), unremoved_.begin() + static_cast<std::ptrdiff_t>(count));
    release_segments();
  }
}

void PartitionLog::close(Done done) {
  closing_ = true;
  closed_ = std::move(done);
  if (failed_) {
    listener_ = nullptr;
    auto ended = std::move(closed_);
    ended(fail(Errc::io_error, "{} had failed", place_.folder));
    return;
  }
  go_on();
}

void PartitionLog::go_on_closing() {
  if (busy_ || sync_out_ || checkpoint_out_ || waiting_checkpoint_ || !operations_.empty() ||
      !closed_)
    return;
  start_sync(true);
  if (sync_out_ || failed_) return;
  busy_ = true;
  place_.tasks.spawn("log close", finish_closing(shared_from_this(), log_.view()->active));
}

void PartitionLog::watch_for_quiet() {
  if (quiet_watched_ || failed_ || closing_ || !log_.record_is_behind()) return;
  quiet_watched_ = true;
  const env::MonotonicTime when = now() + log_.options().quiet_after;
  place_.environment.current_core().call_at(when, [weak = weak_from_this(), enter = place_.enter] {
    enter([weak] {
      const auto self = weak.lock();
      if (!self) return;
      self->quiet_watched_ = false;
      if (self->now() - self->last_write_ >= self->log_.options().quiet_after && !self->closing_)
        self->start_sync(true);
      self->watch_for_quiet();
    });
  });
}

void PartitionLog::fail_log(const Error& error) {
  if (failed_) return;
  failed_ = true;
  waiting_.clear();
  count_synced(unsynced_bytes_);  // They will never be.
  const Error said{error.code, fmt::format("log {}: {}", place_.folder, error.context)};
  if (place_.disk_failed && is_disk_failure(said.code)) place_.disk_failed(said);
  listener_->log_failed(said);
  for (Operation& operation : std::exchange(operations_, {})) operation.done(std::unexpected(said));
  if (waiting_checkpoint_) {
    auto waiting = std::exchange(waiting_checkpoint_, std::nullopt);
    waiting->done(std::unexpected(said));
  }
  if (checkpoint_out_) {
    auto done = std::move(checkpoint_done_);
    done(std::unexpected(said));
  }
  if (closed_) {
    listener_ = nullptr;
    auto ended = std::move(closed_);
    ended(std::unexpected(said));
  }
}

}  // namespace ropewalk::log
