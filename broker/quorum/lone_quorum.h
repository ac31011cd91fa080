// The consensus engine of a cluster of one: every durable entry is committed.
//
// Behind the same seam and in the same files as the engine for several voters: a log of entries
// with terms, control batches, a state file, snapshots. Owned by the broker, lives on the control
// core, has the file system of `quorum/` for itself, so that it syncs on threads of its own.
//
// On damage other than a torn tail start() refuses. A failed write or sync later ends the quorum
// for good (rule 12 of its invariants): `on_failure` is told, and the process should end.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "broker/log/directory_metrics.h"
#include "broker/log/directory_syncer.h"
#include "broker/log/home_tasks.h"
#include "broker/log/partition_log.h"
#include "broker/quorum/raft/control_batches.h"
#include "broker/quorum/metadata_quorum.h"
#include "broker/quorum/snapshot_file.h"
#include "broker/quorum/state_file.h"
#include "common/env/environment.h"
#include "common/env/event.h"

namespace ropewalk::quorum {

// The metadata log's own id (storage.md).
inline constexpr TopicId kMetadataTopic{Uuid{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
inline constexpr const char* kQuorumLogFolder = "log";

struct LoneQuorumOptions {
  ClusterId cluster;
  BrokerId node;
  DirectoryId directory;
  env::Endpoint endpoint;   // Of `broker_listen`, for the list of voters.
  bool may_format = false;  // An empty folder becomes a new quorum of this node alone.
  std::uint64_t snapshot_after_bytes = 20 << 20;  // Of new entries.
  std::uint64_t segment_bytes = 16 << 20;
  std::size_t entry_bytes_max = 32 << 20;
  std::function<void(const Error&)> on_failure;  // On the control core, once.
};

class LoneQuorum final : public MetadataQuorum, private log::LogListener {
 public:
  // `files` has `quorum/` as its root and outlives this object.
  LoneQuorum(env::Environment& environment, env::FileSystem& files, LoneQuorumOptions options);
  ~LoneQuorum() override;

  // Recovers, raises the term, applies everything and takes office; leader_changed() has been
  // called when it returns. On the control core, once. Errors: corrupt, wrong_owner (another
  // broker's), not_found (it may not be formatted), io_error, disk_full.
  Task<Result<void>> start();
  // Refuses what is appended from now on (shutting_down), waits for what runs and closes the log.
  // On the control core; also when start() has failed.
  Task<void> stop();

  void attach(StateMachine& machine) override { machine_ = &machine; }
  Task<Result<Offset>> append(Term expected, SharedBytes batch) override;
  Task<Result<Offset>> read_barrier() override;
  void resign(Term term) override;

  Term term() const { return state_.term; }
  Offset commit() const { return commit_; }  // The last committed entry; 0: none.
  const Voters& voters() const { return voters_; }
  // On the control core.
  void show(telemetry::Page& page) const;

 private:
  struct Waiting {
    Offset offset;
    SharedBytes batch;
    env::OneShot<Result<Offset>> done;
  };
  Task<Result<void>> load_state();
  Task<Result<void>> open_log(std::optional<Snapshot>& snapshot);
  Result<void> load_snapshot(std::optional<Snapshot>& snapshot);
  Task<Result<void>> replay();
  Task<Result<void>> begin_term();
  Task<Result<Offset>> append_any(SharedBytes batch);
  Result<void> apply(Offset offset, Term term, ByteSpan batch);
  Task<void> next_term();
  Task<void> take_snapshot();
  void fail_waiting(Offset from, const Error& error);
  void stop_for_good(const Error& error);

  void log_written() override {}
  void log_synced() override;
  void log_rolled() override {}
  void log_append_refused(Offset from, const Error& error) override;
  void log_failed(const Error& error) override;
  void log_pins_overdue() override {}

  env::Environment& environment_;
  env::FileSystem& files_;
  LoneQuorumOptions options_;
  StateMachine* machine_ = nullptr;
  HardState state_;
  bool fresh_ = false;    // There was no state file.
  bool leading_ = false;  // In state_.term, whose no-op is committed.
  bool stopping_ = false;
  std::optional<Error> failure_;
  Offset commit_{0};
  Voters voters_;
  std::deque<Waiting> waiting_;  // Not yet committed, in order.
  std::uint64_t bytes_since_snapshot_ = 0;
  bool snapshot_runs_ = false;
  std::uint64_t snapshots_ = 0;
  std::uint64_t snapshot_failures_ = 0;
  std::shared_ptr<LoneQuorum*> self_;  // What completions hold, weakly.
  log::HomeTasks tasks_;
  log::DirectoryMetrics metrics_;
  log::UnsyncedBytes unsynced_;
  log::DirectorySyncer syncer_;
  std::shared_ptr<log::PartitionLog> log_;
};

}  // namespace ropewalk::quorum
