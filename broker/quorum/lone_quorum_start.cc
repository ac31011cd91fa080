// How a lone quorum comes up: state file, snapshot, log, replay, a new term.
#include <utility>

#include "broker/log/log_read.h"
#include "broker/quorum/lone_quorum.h"
#include "common/log.h"
#include "common/records/batch_header.h"

namespace ropewalk::quorum {
namespace {

constexpr std::size_t kReplayBytes = 4 << 20;

// The first entry is the list of voters; as long as there is nothing else, no state was lost.
constexpr Offset kFormattedEnd{2};

Result<void> check_owner(const HardState& state, const LoneQuorumOptions& options,
                         const std::string& where) {
  if (state.cluster == options.cluster && state.node == options.node &&
      state.directory == options.directory)
    return {};
  return fail(Errc::wrong_owner,
              "{} belongs to broker {} of cluster {} (directory {}), this is broker {} of {} "
              "(directory {})",
              where, state.node, state.cluster, state.directory, options.node, options.cluster,
              options.directory);
}

}  // namespace

Task<Result<void>> LoneQuorum::start() {
  ENSURE(machine_, "a quorum without a state machine");
  CO_TRY_VOID(co_await load_state());
  CO_TRY(auto snapshot, co_await load_newest_snapshot(files_));
  CO_TRY_VOID(co_await open_log(snapshot));
  CO_TRY_VOID(load_snapshot(snapshot));
  CO_TRY_VOID(co_await replay());
  co_return co_await begin_term();
}

Task<Result<void>> LoneQuorum::load_state() {
  CO_TRY(auto loaded, co_await load_hard_state(files_));
  fresh_ = !loaded;
  if (loaded) {
    CO_TRY_VOID(check_owner(*loaded, options_, files_.name()));
    state_ = *loaded;
    co_return Result<void>{};
  }
  if (!options_.may_format)
    co_return fail(Errc::not_found,
                   "{} holds no quorum: its state file is missing, although this broker has had "
                   "one. Bring the folder back, it is the cluster's metadata; to begin a new "
                   "cluster, name empty data directories",
                   files_.name());
  state_ = {options_.cluster, options_.node, options_.directory, Term(0), kNoBroker};
  co_return Result<void>{};
}

Task<Result<void>> LoneQuorum::open_log(std::optional<Snapshot>& snapshot) {
  log::RecoveryOptions recovery;
  recovery.partition = {kMetadataTopic, 0};
  recovery.folder = kQuorumLogFolder;
  recovery.log.segment_bytes = options_.segment_bytes;
  recovery.log.sync_appends = true;
  recovery.log.first_offset = 1;
  auto recovered = co_await log::recover(files_, recovery);
  if (!recovered)
    co_return within(fmt::format("opening the metadata log in {}", files_.name()),
                     std::move(recovered).error());
  if (!recovered->notes.empty()) log_info("metadata log: {}", recovered->notes);

  const auto& found = recovered->log;
  const Offset snapshot_end = snapshot ? snapshot->meta().last_index + 1 : Offset(1);
  if (fresh_ && (snapshot || found.log_end > kFormattedEnd))
    co_return fail(Errc::corrupt, "{} has entries up to {} but no state file", files_.name(),
                   found.log_end - 1);
  if (found.log_start > snapshot_end || found.log_end < snapshot_end)
    co_return fail(Errc::corrupt,
                   "the metadata log in {} has the entries from {} up to {}, the snapshot ends "
                   "with {}: some are missing",
                   files_.name(), found.log_start, found.log_end - 1, snapshot_end - 1);
  if (!fresh_ && found.log_end < kFormattedEnd && !snapshot)
    co_return fail(Errc::corrupt, "the metadata log in {} is empty but was in use", files_.name());
  const auto last_epoch = found.epochs.last();
  if (!fresh_ && last_epoch && last_epoch->value() > state_.term.value())
    co_return fail(Errc::corrupt, "the metadata log in {} has term {}, the state file only {}",
                   files_.name(), *last_epoch, state_.term);

  log::LogPlace place{
      environment_,       files_, tasks_, syncer_, metrics_, unsynced_, recovery.folder,
      recovery.partition, {},     {},     {}};
  place.enter = [weak = std::weak_ptr(self_), &core = tasks_.core()](env::Job job) {
    core.post([weak, job = std::move(job)]() mutable {
      if (weak.lock()) job();
    });
  };
  log_ = log::PartitionLog::make(std::move(place), recovery.log, std::move(recovered->log), *this);
  co_return Result<void>{};
}

Result<void> LoneQuorum::load_snapshot(std::optional<Snapshot>& snapshot) {
  if (!snapshot) return {};
  auto loaded = machine_->load(*snapshot);
  if (!loaded)
    return within(
        fmt::format("loading the metadata snapshot of entry {}", snapshot->meta().last_index),
        std::move(loaded).error());
  commit_ = snapshot->meta().last_index;
  voters_ = snapshot->meta().voters;
  return {};
}

// Everything that recovery kept is durable, and so committed.
Task<Result<void>> LoneQuorum::replay() {
  const Offset end = log_->durable_end();
  while (commit_ + 1 < end) {
    log::ReadLimits limits;
    limits.upper_bound = end;
    limits.bytes_max = kReplayBytes;
    CO_TRY(const auto bytes, co_await log::read_bytes(log_->view(), commit_ + 1, limits));
    ByteSpan rest = bytes.span();
    if (rest.empty())
      co_return fail(Errc::corrupt, "the metadata log ends at entry {} instead of {}", commit_,
                     end - 1);
    while (!rest.empty()) {
      CO_TRY(const auto header, BatchHeader::parse(rest));
      if (header.size() > rest.size() || !batch_crc_matches(rest.first(header.size())) ||
          header.base_offset != commit_ + 1 || header.last_offset_delta != 0)
        co_return fail(Errc::corrupt, "metadata entry {} does not check", commit_ + 1);
      CO_TRY_VOID(
          apply(header.base_offset, Term(header.leader_epoch.value()), rest.first(header.size())));
      rest = rest.subspan(header.size());
    }
  }
  co_return Result<void>{};
}

// A term is durable before anything is done in it, and begins with its own entry. Only the list of
// voters of a new quorum comes before the first state file: a state file without entries is damage.
Task<Result<void>> LoneQuorum::begin_term() {
  state_.term = state_.term.next();
  state_.voted_for = options_.node;
  if (commit_ == Offset(0)) {
    const Voters alone{{options_.node, options_.directory, options_.endpoint}};
    auto first = voters_batch(alone, 0);
    CO_TRY_VOID(co_await append_any(std::move(first)));
  }
  CO_TRY_VOID(co_await store_hard_state(files_, state_));
  const auto now = environment_.wall_now().time_since_epoch().count();
  auto begin = term_start_batch(options_.node, now);
  CO_TRY_VOID(co_await append_any(std::move(begin)));
  if (stopping_) co_return fail(Errc::shutting_down, "the metadata quorum stops");
  leading_ = true;
  machine_->leader_changed(options_.node, state_.term);
  co_return Result<void>{};
}

}  // namespace ropewalk::quorum
