// What a Ready asks to be saved: term and vote, a fetched snapshot, entries.
#include <utility>

#include "broker/log/stamped_batch.h"
#include "broker/quorum/raft_quorum.h"

namespace ropewalk::quorum {
namespace {

constexpr std::chrono::seconds kFullDiskPause{1};

LeaderEpoch epoch_of(Term term) { return LeaderEpoch(term.value()); }

}  // namespace

Task<Result<void>> RaftQuorum::save(const Ready& ready) {
  if (ready.hard) {
    const HardState hard = *ready.hard;
    // Without it nothing may be said: on a full disk this node is silent until there is room.
    for (;;) {
      auto stored = co_await store_hard_state(files_, hard);
      if (stored) break;
      if (stored.error().code != Errc::disk_full || starting_ || stopping_) co_return stored;
      disk_full_.warn(environment_.now().time_since_epoch(), "the metadata quorum waits: {}",
                      stored.error());
      if (!co_await tasks_.core().sleep_until(environment_.now() + kFullDiskPause))
        co_return fail(Errc::cancelled, "the metadata quorum stops");
    }
  }
  if (ready.snapshot) CO_TRY_VOID(co_await install_snapshot(*ready.snapshot));
  if (!ready.entries.empty()) CO_TRY_VOID(co_await write_entries(ready.entries));
  co_return Result<void>();
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

Task<Result<void>> RaftQuorum::reset_log(Offset start) {
  env::OneShot<Result<void>> done(tasks_.core());
  log_->reset(start, [done](Result<void> outcome) { done.set(std::move(outcome)); });
  CO_TRY(auto outcome, co_await done.wait_until(env::kNever));
  co_return outcome;
}

// The file first: with it, a log that ends before it is no damage.
Task<Result<void>> RaftQuorum::install_snapshot(LogEnd end) {
  ENSURE(fetched_, "a snapshot of entry {} is to be installed, but none was fetched", end.index);
  CO_TRY(auto snapshot, Snapshot::open(*fetched_));
  std::string content = *std::exchange(fetched_, std::nullopt);
  CO_TRY_VOID(co_await store_snapshot(files_, end.index, std::move(content)));
  CO_TRY_VOID(co_await reset_log(end.index + 1));
  auto loaded = machine_->load(snapshot);
  if (!loaded)
    co_return within(fmt::format("loading the metadata snapshot of entry {}", end.index),
                     std::move(loaded).error());
  applied_ = end;
  bytes_since_snapshot_ = 0;
  log_info("metadata: took over the snapshot of entry {}", end.index);
  co_return Result<void>();
}

}  // namespace ropewalk::quorum
