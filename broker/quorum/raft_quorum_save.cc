// What a Ready asks to be saved: term and vote, a fetched snapshot, entries.
#include <utility>

#include "broker/log/stamped_batch.h"
#include "broker/quorum/raft_quorum.h"

namespace ropewalk::quorum {
namespace {

constexpr std::chrono::seconds kFullDiskPause{1};

LeaderEpoch epoch_of(Term term) { return LeaderEpoch(term.value()); }

}  // namespace

// The core takes term, vote and snapshot for saved: on a full disk this node is silent until they
// are. Entries it can take back.
Task<Result<void>> RaftQuorum::save(const Ready& ready) {
  if (ready.hard) {
    HardState hard = *ready.hard;
    hard.joins = state_.joins;
    CO_TRY_VOID(co_await store_state(hard));
  }
  if (ready.snapshot) {
    for (;;) {
      auto installed = co_await install_snapshot(*ready.snapshot);
      if (installed) break;
      if (!co_await room_may_come(installed.error())) co_return installed;
    }
  }
  if (!ready.entries.empty()) CO_TRY_VOID(co_await write_entries(ready.entries));
  const bool has_some = ready.snapshot || !ready.entries.empty();
  if (!state_.joins || !has_some) co_return Result<void>();
  HardState joined = state_;
  joined.joins = false;
  co_return co_await store_state(joined);
}

Task<Result<void>> RaftQuorum::store_state(HardState state) {
  for (;;) {
    auto stored = co_await store_hard_state(files_, state);
    if (stored) break;
    if (!co_await room_may_come(stored.error())) co_return stored;
  }
  state_ = state;
  co_return Result<void>();
}

// Whether to try again: the disk is full, and nobody waits for the outcome.
Task<bool> RaftQuorum::room_may_come(const Error& error) {
  if (error.code != Errc::disk_full || starting_ || stopping_) co_return false;
  disk_full_.warn(environment_.now().time_since_epoch(), "the metadata quorum waits: {}", error);
  co_return co_await tasks_.core().sleep_until(environment_.now() + kFullDiskPause);
}

Task<Result<void>> RaftQuorum::write_entries(const std::vector<Entry>& entries) {
  if (failure_) co_return fail(*failure_);
  refused_.reset();
  const Offset first = entries.front().index;
  if (first < log_->next_offset()) CO_TRY_VOID(co_await cut_log(first));
  for (const Entry& entry : entries) {
    CO_TRY(auto stamped, log::StampedBatch::stamp(entry.batch, entry.index, epoch_of(entry.term)));
    log_->append(std::move(stamped));
  }
  log_->flush();
  const Offset end = entries.back().index + 1;
  while (!failure_ && !refused_ && log_->durable_end() < end) {
    saved_.reset();
    CO_TRY_VOID(co_await saved_.wait());
  }
  if (failure_) co_return fail(*failure_);
  if (refused_) co_return fail(*refused_);
  co_return Result<void>();
}

Task<Result<void>> RaftQuorum::cut_log(Offset end) {
  env::OneShot<Result<void>> done(tasks_.core());
  log_->truncate(end, [done](Result<void> outcome) { done.set(std::move(outcome)); });
  CO_TRY(auto outcome, co_await done.wait_until(env::kNever));
  if (!outcome)
    co_return within(fmt::format("cutting the metadata log at entry {}", end),
                     std::move(outcome).error());
  co_return Result<void>();
}

// Also of a log that is longer: what another leader left in it.
Task<Result<void>> RaftQuorum::reset_log(Offset start) {
  if (start < log_->next_offset()) CO_TRY_VOID(co_await cut_log(start));
  env::OneShot<Result<void>> done(tasks_.core());
  log_->reset(start, [done](Result<void> outcome) { done.set(std::move(outcome)); });
  CO_TRY(auto outcome, co_await done.wait_until(env::kNever));
  co_return outcome;
}

// The file first: with it, a log that ends before it is no damage.
Task<Result<void>> RaftQuorum::install_snapshot(LogEnd end) {
  const auto fetched = fetched_.find(end.index);
  ENSURE(fetched != fetched_.end(),
         "a snapshot of entry {} is to be installed, but none was fetched", end.index);
  std::string content = fetched->second;
  CO_TRY(auto snapshot, Snapshot::open(content));
  CO_TRY_VOID(co_await store_snapshot(files_, end.index, std::move(content)));
  CO_TRY_VOID(co_await reset_log(end.index + 1));
  CO_TRY_VOID(load_machine(snapshot));
  bytes_since_snapshot_ = 0;
  fetched_.erase(fetched_.begin(), fetched_.upper_bound(end.index));
  log_info("metadata: took over the snapshot of entry {}", end.index);
  co_return Result<void>();
}

}  // namespace ropewalk::quorum
