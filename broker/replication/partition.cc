#include "broker/replication/partition.h"

#include <algorithm>
#include <utility>

#include "broker/log/disk_failure.h"
#include "common/env/event.h"
#include "common/log.h"

namespace ropewalk::replication {

std::shared_ptr<Partition> Partition::open(Options options) {
  std::shared_ptr<Partition> partition(new Partition(options));
  std::weak_ptr<Partition> weak = partition;
  auto enter = [weak](env::Job job) {
    if (const auto held = weak.lock()) held->serial_.enter(std::move(job));
  };
  partition->log_ = log::PartitionLog::make(options.place(std::move(enter)), options.log,
                                            std::move(options.recovered), *partition);
  return partition;
}

Partition::Partition(Options& options)
    : environment_(options.environment),
      id_(options.id),
      producers_(std::move(options.producers)),
      space_(options.space),
      high_watermark_(options.recovered.high_watermark),
      why_not_{Errc::not_leader_or_follower, fmt::format("{} has no leader here", options.id)},
      serial_(environment_, *this) {}

Partition::~Partition() = default;

void Partition::produce(std::shared_ptr<ProduceSink> sink, std::vector<ProduceItem> items) {
  std::size_t bytes = 0;
  for (const ProduceItem& item : items) bytes += item.batch.size();
  env::Core& core = environment_.current_core();
  serial_.enter(
      [this, &core, sink = std::move(sink), items = std::move(items)]() mutable {
        for (ProduceItem& item : items) {
          const auto appended = append(core, sink, item);
          if (!appended) outbox_.add(core, sink, item.item, std::unexpected(appended.error()));
        }
      },
      bytes);
}

void Partition::look(std::shared_ptr<FetchSink> sink, Look look) {
  env::Core& core = environment_.current_core();
  serial_.enter([this, &core, sink = std::move(sink), look] { look_inside(core, sink, look); });
}

void Partition::unwatch(std::shared_ptr<FetchSink> sink, std::uint32_t index) {
  serial_.enter([this, sink = std::move(sink), index] {
    std::erase_if(watchers_, [&](const Watcher& watcher) {
      return watcher.index == index && watcher.sink.lock() == sink;
    });
  });
}

void Partition::lead(Leadership leadership, log::LogOptions options) {
  serial_.enter([this, leadership = std::move(leadership), options]() mutable {
    lead_inside(std::move(leadership), options);
  });
}

void Partition::stop_leading(LeaderEpoch epoch) {
  serial_.enter([this, epoch] {
    if (ended_ || epoch < epoch_) return;
    epoch_ = epoch;
    end_role({Errc::not_leader_or_follower,
              fmt::format("this broker does not lead {} in epoch {}", id_, epoch)});
    log_->bump_generation();
  });
}

void Partition::disk_failed(Error error) {
  serial_.enter([this, error = std::move(error)] {
    end_by(error);
    log_->disk_failed(error);
  });
}

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

void Partition::measure(std::move_only_function<void(std::uint64_t)> done) {
  env::Core& core = environment_.current_core();
  serial_.enter([this, &core, done = std::move(done)]() mutable {
    core.post([bytes = log_->view()->bytes(), done = std::move(done)]() mutable { done(bytes); });
  });
}

Task<Result<void>> Partition::close() {
  const auto keep = shared_from_this();
  env::OneShot<Result<void>> closed(environment_.current_core());
  serial_.enter([this, closed] {
    close_inside([closed](Result<void> outcome) { closed.set(std::move(outcome)); });
  });
  auto waited = co_await closed.wait_until(env::kNever);
  if (!waited) co_return std::unexpected(std::move(waited).error());
  co_return std::move(*waited);
}

void Partition::drained() {
  if (!ended_) log_->flush();
  outbox_.flush(environment_, serial_);
}

// Whether a request of a client is for us, in its own opinion and in ours.
Result<void> Partition::check_role(std::optional<LeaderEpoch> expected) const {
  if (!leader_) return fail(why_not_);
  if (!expected || *expected == epoch_) return {};
  if (*expected < epoch_)
    return fail(Errc::fenced_leader_epoch, "{}: epoch {} is over, this is {}", id_, *expected,
                epoch_);
  return fail(Errc::unknown_leader_epoch, "{}: epoch {} is not known here yet, this is {}", id_,
              *expected, epoch_);
}

Result<void> Partition::append(env::Core& core, const std::shared_ptr<ProduceSink>& sink,
                               ProduceItem& item) {
  auto taken = check_role(item.expected_epoch);
  if (taken) taken = leader_->admit(item.acks);
  if (!taken) return refused(item, std::move(taken).error());
  if (item.sequenced.is_idempotent()) {
    TRY(const auto original, producers_.check(item.sequenced));
    if (original) {  // R9: answered under the same condition as the original.
      wait(core, sink, item, *original);
      return {};
    }
  }
  if (auto full = why_full()) return refused(item, std::move(*full));
  const Placed placed{.base_offset = log_->next_offset(),
                      .append_time_ms = item.append_time_ms,
                      .record_count = item.sequenced.record_count};
  TRY(auto stamped, log::StampedBatch::stamp(std::move(item.batch), placed.base_offset, epoch_));
  if (item.sequenced.is_idempotent()) producers_.record(item.sequenced, placed);
  log_->append(std::move(stamped));
  wait(core, sink, item, placed);
  return {};
}

// What follows it in the producer's pipeline is refused like it, until it comes again.
std::unexpected<Error> Partition::refused(const ProduceItem& item, Error error) {
  if (item.sequenced.is_idempotent() && is_retriable(error.code))
    producers_.refused(item.sequenced, error.code);
  return fail(std::move(error));
}

// Why its directory takes no records for now, if it does not.
std::optional<Error> Partition::why_full() {
  if (space_.is_short()) return space_.shortage();
  if (!log_->unsynced().is_full()) return std::nullopt;
  log_->request_sync();
  return log_->unsynced().refuse_batch();
}

void Partition::wait(env::Core& core, const std::shared_ptr<ProduceSink>& sink,
                     const ProduceItem& item, Placed placed) {
  WaiterId id = static_cast<WaiterId>(waiters_.size());
  if (free_waiters_.empty()) {
    waiters_.emplace_back();
  } else {
    id = free_waiters_.back();
    free_waiters_.pop_back();
  }
  waiters_[id] = {.core = &core,
                  .sink = sink,
                  .item = item.item,
                  .appended = {.base_offset = placed.base_offset,
                               .append_time_ms = placed.append_time_ms,
                               .log_start = log_->log_start()}};
  const Offset end = placed.next_offset();
  if (end <= log_->readable_end())
    carry_out(
        leader_->step(Waits{.waiter = id, .acks = item.acks, .end = end}, environment_.now()));
  else
    unwritten_.push_back({.waiter = id, .acks = item.acks, .end = end});
}

void Partition::look_inside(env::Core& core, const std::shared_ptr<FetchSink>& sink,
                            const Look& look) {
  Looked found = found_by(look);
  const Offset from = look.from.value_or(high_watermark_);
  const bool stands = found.error.code == Errc::none && !found.diverging;
  if (stands && look.watch && (from >= high_watermark_ || look.watch_anyway))
    watchers_.push_back({.at = high_watermark_, .core = &core, .sink = sink, .index = look.index});
  outbox_.add(core, sink, look.index, std::move(found));
}

Looked Partition::found_by(const Look& look) const {
  Looked found;
  found.leader_epoch = epoch_;
  found.log_start = log_->log_start();
  if (auto ours = check_role(look.expected_epoch); !ours) {
    found.error = std::move(ours).error();
    return found;
  }
  found.high_watermark = high_watermark_;
  if (look.end_of) found.epoch_end = end_of(*look.end_of, epochs());
  if (auto there = check_place(look, found); !there) found.error = std::move(there).error();
  if (found.error.code != Errc::none || found.diverging) return found;
  if (look.whole_view || (look.from && *look.from < high_watermark_)) found.view = log_->view();
  return found;
}

// Whether the log goes on where the reader stands; one that parted from it is no error.
Result<void> Partition::check_place(const Look& look, Looked& found) const {
  if (!look.from) return {};
  const Offset from = *look.from;
  const Offset start = log_->log_start();
  const Offset end = log_->readable_end();
  if (look.last_epoch && from >= start) {
    // As Kafka says it. A reader that knows of the newer epoch from the metadata says so, and was
    // told to wait; to this one nobody can say where its log has parted from ours.
    if (*look.last_epoch > epoch_)
      return fail(Errc::offset_out_of_range,
                  "{}: records were read under epoch {}, which is not known here, this is {}", id_,
                  *look.last_epoch, epoch_);
    found.diverging = divergence(*look.last_epoch, from, epochs());
    if (found.diverging) return {};
  }
  if (from >= start && from <= end) return {};
  return fail(Errc::offset_out_of_range, "{}: offset {} is outside of {} to {}", id_, from, start,
              end);
}

void Partition::lead_inside(Leadership leadership, const log::LogOptions& options) {
  if (ended_ || leadership.leader_epoch < epoch_) return;
  log_->set_options(options);
  if (leader_ && leadership.leader_epoch == epoch_) {
    carry_out(leader_->step(Changed{std::move(leadership)}, environment_.now()));
    return;
  }
  end_role({Errc::not_leader_or_follower,
            fmt::format("{}: epoch {} begins", id_, leadership.leader_epoch)});
  epoch_ = leadership.leader_epoch;
  const auto last = log_->epochs().last();
  if (last && *last > epoch_) {
    log_failed(
        {Errc::corrupt, fmt::format("the log of {} has batches of epoch {}, the metadata log "
                                    "only grants {}",
                                    id_, *last, epoch_)});
    return;
  }
  log_->bump_generation();
  begin_leadership(std::move(leadership));
}

// R10: syncs that were asked for before do not count here, so what is not durable is asked for
// anew.
void Partition::begin_leadership(Leadership leadership) {
  leader_.emplace(std::move(leadership), log_->readable_end(), log_->durable_end(), high_watermark_,
                  environment_.now());
  standing_.store(Standing::leading, std::memory_order_relaxed);
  if (leader_->high_watermark() > high_watermark_) {
    high_watermark_ = leader_->high_watermark();
    log_->set_high_watermark(high_watermark_);
  }
  if (log_->durable_end() < log_->readable_end()) log_->request_sync();
  wake_watchers(std::nullopt);
}

// R4: all who wait hear it. What they appended stays in the log, also what is not written yet.
void Partition::end_role(Error why) {
  why_not_ = std::move(why);
  if (leader_) {
    for (const WaiterId id : leader_->resign()) refuse(id, why_not_);
    leader_.reset();
    standing_.store(Standing::idle, std::memory_order_relaxed);
  }
  for (const Unwritten& waits : unwritten_) refuse(waits.waiter, why_not_);
  unwritten_.clear();
  wake_watchers(std::nullopt);
}

void Partition::carry_out(const LeaderEffects& effects) {
  if (effects.sync_all) log_->request_sync();
  if (effects.high_watermark) {
    high_watermark_ = *effects.high_watermark;
    log_->set_high_watermark(high_watermark_);
    wake_watchers(high_watermark_);
  }
  for (const WaiterId id : effects.answer) answer(id);
  for (const WaiterId id : effects.too_few)
    refuse(id, {Errc::not_enough_replicas_after_append,
                fmt::format("{}: appended, but too few replicas are in sync to keep it", id_)});
}

void Partition::log_written() {
  const Offset end = log_->readable_end();
  producers_.keep(end);
  if (!leader_) return;
  carry_out(leader_->step(Written{end}, environment_.now()));
  auto left = unwritten_.begin();
  for (const Unwritten& waits : unwritten_) {
    if (waits.end <= end)
      carry_out(leader_->step(Waits{.waiter = waits.waiter, .acks = waits.acks, .end = waits.end},
                              environment_.now()));
    else
      *left++ = waits;
  }
  unwritten_.erase(left, unwritten_.end());
}

void Partition::log_synced() {
  if (leader_) carry_out(leader_->step(Synced{log_->durable_end()}, environment_.now()));
}

void Partition::log_rolled() {
  if (ended_) return;
  store_checkpoint([id = id_](Result<void> stored) {
    if (!stored && stored.error().code != Errc::cancelled)
      log_warn("checkpoint of {}: {}", id, stored.error());
  });
}

void Partition::log_append_refused(Offset from, const Error& error) {
  producers_.undo(from, error.code);
  std::erase_if(unwritten_, [&](const Unwritten& waits) {
    if (waits.end <= from) return false;
    refuse(waits.waiter, error);
    return true;
  });
}

void Partition::log_failed(const Error& error) {
  if (ended_) return;
  // A disk that has failed is told of once, by its directory.
  log_at(log::is_disk_failure(error.code) ? LogLevel::debug : LogLevel::error,
         "replica {} failed and leads no more: {}", id_, error);
  end_by(error);
}

void Partition::end_by(const Error& error) {
  if (ended_) return;
  end_role(
      {Errc::kafka_storage_error, fmt::format("the replica of {} failed: {}", id_, error.context)});
  ended_ = true;
  standing_.store(Standing::failed, std::memory_order_relaxed);
}

// Only a truncation can be overdue, and a leader never truncates.
void Partition::log_pins_overdue() {
  log_warn("{}: a truncation waits for records that are still being sent", id_);
}

void Partition::answer(WaiterId id) {
  Waiter waiter = take(id);
  outbox_.add(*waiter.core, std::move(waiter.sink), waiter.item, waiter.appended);
}

void Partition::refuse(WaiterId id, Error error) {
  Waiter waiter = take(id);
  outbox_.add(*waiter.core, std::move(waiter.sink), waiter.item, std::unexpected(std::move(error)));
}

Partition::Waiter Partition::take(WaiterId id) {
  free_waiters_.push_back(id);
  return std::exchange(waiters_[id], {});
}

// All of them when there is no high watermark: the role has changed, or where the log begins.
void Partition::wake_watchers(std::optional<Offset> high_watermark) {
  std::erase_if(watchers_, [&](Watcher& watcher) {
    if (high_watermark && watcher.at >= *high_watermark) return false;
    if (auto sink = watcher.sink.lock())
      outbox_.add_moved(*watcher.core, std::move(sink), watcher.index);
    return true;
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
  log_->checkpoint(high_watermark_, producers_.encode(high_watermark_), std::move(done));
}

void Partition::close_inside(log::PartitionLog::Done done) {
  const bool failed = ended_;
  if (!failed) log_->flush();
  end_role({Errc::not_leader_or_follower, fmt::format("{} is being closed here", id_)});
  ended_ = true;
  if (failed || log_->failed()) {
    log_->close(std::move(done));
    return;
  }
  store_checkpoint([this, done = std::move(done)](Result<void> stored) mutable {
    if (!stored) log_warn("checkpoint of {}: {}", id_, stored.error());
    log_->close(std::move(done));
  });
}

}  // namespace ropewalk::replication
