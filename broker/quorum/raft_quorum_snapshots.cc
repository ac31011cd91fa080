// Snapshots: made here, served to others, fetched from the leader.
#include <algorithm>
#include <utility>

#include "broker/quorum/raft_quorum.h"

namespace ropewalk::quorum {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

}  // namespace

void RaftQuorum::snapshot_if_due() {
  if (bytes_since_snapshot_ < options_.snapshot_after_bytes || snapshot_runs_ || stopping_) return;
  snapshot_runs_ = true;
  tasks_.spawn("quorum: snapshot", take_snapshot());
}

Task<void> RaftQuorum::take_snapshot() {
  const LogEnd end = applied_;
  if (core_->snapshot().index >= end.index) {  // One that was fetched is about to be installed.
    snapshot_runs_ = false;
    co_return;
  }
  const SnapshotMeta meta{end.index, end.term, core_->voters_at(end.index)};
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
  if (failure_ || stopping_ || end.index < core_->snapshot().index) co_return;
  core_->compact(end.index);
  log_->set_log_start(end.index + 1);
  log_->checkpoint(end.index + 1, {}, [](Result<void> done) {
    if (!done && done.error().code != Errc::cancelled)
      log_warn("shortening the metadata log: {}", done.error());
  });
}

Task<Result<SnapshotPiece>> RaftQuorum::piece_of_snapshot(LogEnd end, std::uint64_t position) {
  auto file = co_await files_.open(snapshot_name(end.index), env::OpenMode::read_only);
  if (!file && file.error().code == Errc::not_found) co_return SnapshotPiece{};
  if (!file) co_return fail(std::move(file).error());
  CO_TRY(const std::uint64_t total, (*file)->size());
  if (position >= total)
    co_return fail(Errc::invalid_request, "a snapshot of {} bytes has nothing at {}", total,
                   position);
  std::vector<std::byte> bytes(std::min<std::uint64_t>(kPieceBytes, total - position));
  CO_TRY(const std::size_t read, co_await (*file)->read_at(position, bytes));
  bytes.resize(read);
  co_return SnapshotPiece{total, SharedBytes(std::move(bytes))};
}

void RaftQuorum::pull_if_offered() {
  pull_.follow(core_->offered());
  if (stopping_) return;
  if (const auto question = pull_.question())
    tasks_.spawn("quorum: piece of a snapshot", pull_piece(*question));
}

Task<void> RaftQuorum::pull_piece(SnapshotPull::Question question) {
  const auto at = endpoint_of(question.leader);
  if (!at) co_return;  // Asked again when its patience ends.
  const auto deadline = environment_.now() + options_.election_timeout;
  const auto piece = co_await transport_.ask_for_piece(*at, question, deadline);
  if (stopping_ || failure_) co_return;
  const auto now = environment_.now().time_since_epoch();
  if (!piece) {
    pull_failed_.warn(now, "fetching a metadata snapshot: {}", piece.error());
    co_return;
  }
  auto whole =
      pull_.take({question.end, question.position, piece->total_bytes, piece->bytes.span()});
  if (!whole) pull_failed_.warn(now, "fetching a metadata snapshot: {}", whole.error());
  if (whole && *whole) install_fetched(question.end, *std::move(*whole));
  wake();
}

void RaftQuorum::install_fetched(LogEnd end, std::string content) {
  const auto snapshot = Snapshot::open(content);
  const auto now = environment_.now().time_since_epoch();
  if (!snapshot || snapshot->meta().last_index != end.index ||
      snapshot->meta().last_term != end.term) {
    pull_failed_.warn(now, "the snapshot of entry {} that was fetched does not check", end.index);
    if (core_->offered()) pull_.wait_for_another(*core_->offered());
    return;
  }
  if (core_->restore({end, snapshot->meta().voters})) fetched_[end.index] = std::move(content);
}

}  // namespace ropewalk::quorum
