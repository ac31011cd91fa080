// How a replica of the metadata log comes up: state file, snapshot, log, core.
#include <utility>

#include "broker/log/log_read.h"
#include "broker/log/stamped_batch.h"
#include "broker/quorum/raft_quorum.h"
#include "common/records/batch_header.h"

namespace ropewalk::quorum {
namespace {

constexpr std::size_t kReplayBytes = 4 << 20;
constexpr Term kFormattedTerm{1};

// The first entry is the list of voters; as long as there is nothing else, no state was lost.
constexpr Offset kFormattedEnd{2};

Result<void> check_owner(const HardState& state, const QuorumOptions& options,
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

// Whether the log has the entry with which the snapshot ends, or begins right behind it.
bool leads_on(const log::RecoveredLog& found, const SnapshotMeta& snapshot) {
  if (found.log_start > snapshot.last_index) return true;
  const auto epoch = found.epochs.epoch_at(snapshot.last_index);
  return found.log_end > snapshot.last_index && epoch &&
         epoch->value() == snapshot.last_term.value();
}

}  // namespace

Task<Result<void>> RaftQuorum::start() {
  ENSURE(machine_, "a quorum without a state machine");
  CO_TRY_VOID(co_await load_state());
  CO_TRY(auto snapshot, co_await load_newest_snapshot(files_));
  CO_TRY_VOID(co_await open_log(snapshot));
  if (fresh_) {
    const Voters alone{{options_.node, options_.directory, options_.endpoint}};
    CO_TRY_VOID(co_await write_formatted(alone));
  }
  SnapshotInfo info;
  if (snapshot) {
    info = {{snapshot->meta().last_index, snapshot->meta().last_term}, snapshot->meta().voters};
    CO_TRY_VOID(load_machine(*snapshot));
  }
  CO_TRY(auto entries, co_await read_entries(info.end.index + 1));
  core_ = std::make_unique<RaftCore>(core_config(), state_, std::move(info), std::move(entries));
  running_ = true;
  tasks_.spawn("quorum: ready", carry_out_readys());
  tasks_.spawn("quorum: ticks", tick_now_and_then());
  const bool alone = core_->voters().size() == 1 && core_->is_voter();
  if (alone) CO_TRY_VOID(co_await settled_.wait());
  starting_ = false;
  if (failure_) co_return fail(*failure_);
  co_return Result<void>();
}

// The state machine's state is the snapshot's from now on.
Result<void> RaftQuorum::load_machine(Snapshot& snapshot) {
  const LogEnd end{snapshot.meta().last_index, snapshot.meta().last_term};
  auto loaded = machine_->load(snapshot);
  if (!loaded)
    return within(fmt::format("loading the metadata snapshot of entry {}", end.index),
                  std::move(loaded).error());
  applied_ = end;
  return {};
}

Task<Result<void>> RaftQuorum::load_state() {
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

Task<Result<void>> RaftQuorum::open_log(const std::optional<Snapshot>& snapshot) {
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
  CO_TRY_VOID(check_log(snapshot, *recovered));
  log::LogPlace place{
      environment_,       files_, tasks_, syncer_, metrics_, unsynced_, recovery.folder,
      recovery.partition, {},     {},     {}};
  place.enter = [weak = std::weak_ptr(self_), &core = tasks_.core()](env::Job job) {
    core.post([weak, job = std::move(job)]() mutable {
      if (weak.lock()) job();
    });
  };
  const bool leaves_off = snapshot && !leads_on(recovered->log, snapshot->meta());
  log_ = log::PartitionLog::make(std::move(place), recovery.log, std::move(recovered->log), *this);
  // A snapshot was taken over, and the log did not come to begin behind it: what it holds beyond
  // may be another leader's, that was never committed.
  if (leaves_off) CO_TRY_VOID(co_await reset_log(snapshot->meta().last_index + 1));
  co_return Result<void>{};
}

Result<void> RaftQuorum::check_log(const std::optional<Snapshot>& snapshot,
                                   const log::RecoveryReport& recovered) const {
  const auto& found = recovered.log;
  const Offset snapshot_end = snapshot ? snapshot->meta().last_index + 1 : Offset(1);
  if (fresh_ && (snapshot || found.log_end > kFormattedEnd))
    return fail(Errc::corrupt, "{} has entries up to {} but no state file", files_.name(),
                found.log_end - 1);
  if (found.log_start > snapshot_end)
    return fail(Errc::corrupt,
                "the metadata log in {} has the entries from {} up to {}, the snapshot ends "
                "with {}: some are missing",
                files_.name(), found.log_start, found.log_end - 1, snapshot_end - 1);
  if (!fresh_ && found.log_end < kFormattedEnd && !snapshot && !state_.joins)
    return fail(Errc::corrupt, "the metadata log in {} is empty but was in use", files_.name());
  const auto last_epoch = found.epochs.last();
  if (!fresh_ && last_epoch && last_epoch->value() > state_.term.value())
    return fail(Errc::corrupt, "the metadata log in {} has term {}, the state file only {}",
                files_.name(), *last_epoch, state_.term);
  return {};
}

// Everything that recovery kept is durable.
Task<Result<std::vector<Entry>>> RaftQuorum::read_entries(Offset from) {
  std::vector<Entry> entries;
  const Offset end = log_->durable_end();
  for (Offset next = from; next < end;) {
    log::ReadLimits limits;
    limits.upper_bound = end;
    limits.bytes_max = kReplayBytes;
    CO_TRY(const auto bytes, co_await log::read_bytes(log_->view(), next, limits));
    if (bytes.empty())
      co_return fail(Errc::corrupt, "the metadata log ends at entry {} instead of {}", next - 1,
                     end - 1);
    for (std::size_t at = 0; at < bytes.size();) {
      CO_TRY(const auto header, BatchHeader::parse(bytes.span().subspan(at)));
      const bool whole = header.size() <= bytes.size() - at;
      if (!whole || !batch_crc_matches(bytes.span().subspan(at, header.size())) ||
          header.base_offset != next || header.last_offset_delta != 0)
        co_return fail(Errc::corrupt, "metadata entry {} does not check", next);
      entries.push_back({next, Term(header.leader_epoch.value()), bytes.slice(at, header.size())});
      if (header.is_control()) CO_TRY_VOID(voters_in(entries.back().batch.span()));
      next += 1;
      at += header.size();
    }
  }
  co_return entries;
}

RaftConfig RaftQuorum::core_config() {
  RaftConfig config;
  config.election_ticks = static_cast<std::uint32_t>(options_.election_timeout / options_.tick);
  config.heartbeat_ticks = static_cast<std::uint32_t>(options_.heartbeat / options_.tick);
  config.entry_bytes_max = options_.entry_bytes_max;
  config.random = [this] { return random_(); };
  config.wall_time = [this] {
    return std::chrono::floor<std::chrono::milliseconds>(environment_.wall_now().time_since_epoch())
        .count();
  };
  return config;
}

// Only the list of voters of a new quorum comes before the first state file: a state file without
// entries is damage, unless it says that the broker joins: then it is to learn everything from
// others.
Task<Result<void>> RaftQuorum::write_formatted(Voters voters) {
  if (!voters.empty()) {
    state_.term = kFormattedTerm;
    const std::vector<Entry> first{{Offset(1), kFormattedTerm, voters_batch(voters, 0)}};
    if (log_->next_offset() < kFormattedEnd) CO_TRY_VOID(co_await write_entries(first));
  }
  state_.joins = voters.empty();
  co_return co_await store_hard_state(files_, state_);
}

Task<Result<void>> RaftQuorum::format(env::Environment& environment, env::FileSystem& files,
                                      QuorumOptions options, Voters voters) {
  NoTransport nobody;
  options.may_format = true;
  RaftQuorum quorum(environment, files, nobody, std::move(options));
  auto formatted = co_await quorum.format_files(std::move(voters));
  co_await quorum.stop();
  co_return formatted;
}

Task<Result<void>> RaftQuorum::format_files(Voters voters) {
  CO_TRY_VOID(co_await load_state());
  if (!fresh_)
    co_return fail(Errc::not_empty, "{} holds the quorum of broker {} of cluster {} already",
                   files_.name(), state_.node, state_.cluster);
  CO_TRY(const auto snapshot, co_await load_newest_snapshot(files_));
  CO_TRY_VOID(co_await open_log(snapshot));
  co_return co_await write_formatted(std::move(voters));
}

}  // namespace ropewalk::quorum
