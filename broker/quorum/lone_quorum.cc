#include "broker/quorum/lone_quorum.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/log/stamped_batch.h"
#include "common/log.h"
#include "common/records/batch_header.h"

namespace ropewalk::quorum {
namespace {

constexpr std::size_t kSyncThreads = 1;

LeaderEpoch epoch_of(Term term) { return LeaderEpoch(term.value()); }

constexpr telemetry::Family kTerm{"ropewalk_metadata_term", "The term of the metadata log."};
constexpr telemetry::Family kCommit{"ropewalk_metadata_commit_offset",
                                    "The last entry of the metadata log that is committed."};
constexpr telemetry::Family kLeads{"ropewalk_metadata_leader",
                                   "Whether this broker leads the metadata log."};
constexpr telemetry::Family kSnapshots{"ropewalk_metadata_snapshots_total",
                                       "Snapshots of the metadata that were stored."};
constexpr telemetry::Family kSnapshotFailures{
    "ropewalk_metadata_snapshot_failures_total",
    "Snapshots of the metadata that could not be stored; the log only grows longer by it."};

Error outcome_unknown(const Error& cause) {
  return {Errc::outcome_unknown, fmt::format("the metadata log failed: {}", to_string(cause))};
}

}  // namespace

LoneQuorum::LoneQuorum(env::Environment& environment, env::FileSystem& files,
                       LoneQuorumOptions options)
    : environment_(environment),
      files_(files),
      options_(std::move(options)),
      self_(std::make_shared<LoneQuorum*>(this)),
      tasks_(environment.control_core()),
      metrics_(environment),
      unsynced_(environment, files.name(), UINT64_MAX),  // All of it is waited for.
      syncer_(environment, files, tasks_, metrics_, kSyncThreads) {}

LoneQuorum::~LoneQuorum() = default;

Task<Result<Offset>> LoneQuorum::append(Term expected, SharedBytes batch) {
  if (failure_) co_return fail(outcome_unknown(*failure_));
  if (!leading_ || expected != state_.term)
    co_return fail(Errc::not_controller, "term {} has passed, this is {}", expected, state_.term);
  if (batch.size() > options_.entry_bytes_max)
    co_return fail(Errc::message_too_large, "a metadata entry of {} bytes: {} are allowed",
                   batch.size(), options_.entry_bytes_max);
  co_return co_await append_any(std::move(batch));
}

Task<Result<Offset>> LoneQuorum::append_any(SharedBytes batch) {
  if (stopping_) co_return fail(Errc::shutting_down, "the metadata quorum stops");
  const Offset offset = log_->next_offset();
  CO_TRY(auto stamped, log::StampedBatch::stamp(batch, offset, epoch_of(state_.term)));
  ENSURE(stamped.next_offset() == offset + 1, "an entry has one record (M1), this one {}",
         stamped.next_offset() - offset);
  env::OneShot<Result<Offset>> done(tasks_.core());
  waiting_.push_back({offset, std::move(batch), done});
  log_->append(std::move(stamped));
  log_->flush();
  auto outcome = co_await done.wait_until(env::kNever);
  if (!outcome) co_return fail(outcome_unknown(outcome.error()));
  co_return *std::move(outcome);
}

Task<Result<Offset>> LoneQuorum::read_barrier() {
  if (failure_ || !leading_) co_return fail(Errc::not_controller, "this node leads no quorum");
  co_return commit_;
}

void LoneQuorum::resign(Term term) {
  if (!leading_ || term != state_.term) return;
  leading_ = false;
  machine_->leader_changed(kNoBroker, state_.term);
  tasks_.spawn("quorum: next term", next_term());
}

Task<void> LoneQuorum::next_term() {
  // Being the only voter, this node is elected again.
  auto begun = co_await begin_term();
  if (begun || stopping_ || begun.error().code == Errc::outcome_unknown) co_return;
  stop_for_good(begun.error());
}

void LoneQuorum::log_synced() {
  while (!waiting_.empty() && waiting_.front().offset < log_->durable_end()) {
    Waiting entry = std::move(waiting_.front());
    waiting_.pop_front();
    auto applied = apply(entry.offset, state_.term, entry.batch.span());
    if (!applied) {
      entry.done.set(fail(outcome_unknown(applied.error())));
      stop_for_good(applied.error());
      return;
    }
    entry.done.set(entry.offset);
  }
  log_->set_high_watermark(commit_ + 1);
  if (bytes_since_snapshot_ < options_.snapshot_after_bytes || snapshot_runs_) return;
  snapshot_runs_ = true;
  tasks_.spawn("quorum: snapshot", take_snapshot());
}

Result<void> LoneQuorum::apply(Offset offset, Term term, ByteSpan batch) {
  ENSURE(offset == commit_ + 1, "entry {} behind entry {}", offset, commit_);
  TRY(const auto header, BatchHeader::parse(batch));
  if (header.is_control()) {
    TRY(auto voters, voters_in(batch));
    if (voters) voters_ = *std::move(voters);
  }
  commit_ = offset;
  bytes_since_snapshot_ += batch.size();
  auto applied = machine_->apply(offset, term, batch);
  if (!applied)
    return within(fmt::format("applying metadata entry {}", offset), std::move(applied).error());
  return {};
}

void LoneQuorum::log_append_refused(Offset from, const Error& error) { fail_waiting(from, error); }

void LoneQuorum::log_failed(const Error& error) { stop_for_good(error); }

void LoneQuorum::fail_waiting(Offset from, const Error& error) {
  while (!waiting_.empty() && waiting_.back().offset >= from) {
    waiting_.back().done.set(fail(error));
    waiting_.pop_back();
  }
}

void LoneQuorum::stop_for_good(const Error& error) {
  if (failure_) return;
  failure_ = error;
  leading_ = false;
  log_error("the metadata log has failed: {}", error);
  fail_waiting(Offset(0), outcome_unknown(error));
  machine_->leader_changed(kNoBroker, state_.term);
  if (options_.on_failure) options_.on_failure(error);
}

Task<void> LoneQuorum::take_snapshot() {
  const SnapshotMeta meta{commit_, state_.term, voters_};
  SnapshotBuilder builder(meta);
  machine_->save(builder);
  bytes_since_snapshot_ = 0;
  auto stored = co_await store_snapshot(files_, meta.last_index, std::move(builder).finish());
  snapshot_runs_ = false;
  (stored ? snapshots_ : snapshot_failures_)++;
  if (!stored) {
    // The log has everything: a snapshot that fails costs time and room only.
    log_warn("storing a metadata snapshot: {}", stored.error());
    co_return;
  }
  if (failure_ || stopping_) co_return;
  log_->set_log_start(meta.last_index + 1);
  log_->checkpoint(meta.last_index + 1, {}, [](Result<void> done) {
    if (!done) log_warn("shortening the metadata log: {}", done.error());
  });
}

void LoneQuorum::show(telemetry::Page& page) const {
  page.gauge(kTerm, {}, static_cast<double>(state_.term.value()));
  page.gauge(kCommit, {}, static_cast<double>(commit_.value()));
  page.gauge(kLeads, {}, leading_);
  page.counter(kSnapshots, {}, snapshots_);
  page.counter(kSnapshotFailures, {}, snapshot_failures_);
  metrics_.show(page, files_.name());
}

Task<void> LoneQuorum::stop() {
  stopping_ = true;
  leading_ = false;
  if (log_) {
    env::OneShot<Result<void>> closed(tasks_.core());
    log_->close([closed](Result<void> outcome) { closed.set(std::move(outcome)); });
    auto outcome = co_await closed.wait_until(env::kNever);
    if (outcome && !*outcome) log_warn("closing the metadata log: {}", outcome->error());
  }
  co_await tasks_.stop();
}

}  // namespace ropewalk::quorum
