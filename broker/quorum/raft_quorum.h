// The consensus engine's driver: carries out what RaftCore decides, on a log, a state file,
// snapshots and a transport.
//
// The same for a cluster of one and of many. Owned by the broker, lives on the control core, has
// the file system of `quorum/` for itself, so that it syncs on threads of its own. One task carries
// out one Ready after the other; ticks, messages and calls reach the core meanwhile.
//
// On damage other than a torn tail start() refuses. A failed write or sync later, or an entry that
// makes no sense, ends the quorum for good (invariants 10 and 12): `on_failure` is told, and the
// process should end. A full disk does not: what could not be written is taken back.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/directory_metrics.h"
#include "broker/log/directory_syncer.h"
#include "broker/log/home_tasks.h"
#include "broker/log/partition_log.h"
#include "broker/quorum/metadata_quorum.h"
#include "broker/quorum/quorum_transport.h"
#include "broker/quorum/raft/raft_core.h"
#include "broker/quorum/raft/snapshot_pull.h"
#include "broker/quorum/snapshot_file.h"
#include "broker/quorum/state_file.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/log.h"

namespace ropewalk::quorum {

// The metadata log's own id (storage.md).
inline constexpr TopicId kMetadataTopic{Uuid{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
inline constexpr const char* kQuorumLogFolder = "log";

struct QuorumOptions {
  ClusterId cluster;
  BrokerId node;
  DirectoryId directory;
  env::Endpoint endpoint;                // Of `broker_listen`, as others reach it.
  bool may_format = false;               // An empty folder becomes a new quorum of this node alone.
  std::vector<env::Endpoint> ask_first;  // Who may know the cluster, for who knows nobody.
  std::map<BrokerId, env::Endpoint> addresses;  // Where voters are, as the settings have it.
  env::Duration tick = std::chrono::milliseconds(20);
  env::Duration election_timeout = std::chrono::seconds(1);
  env::Duration heartbeat = std::chrono::milliseconds(200);
  std::uint64_t snapshot_after_bytes = 20 << 20;              // Of new entries.
  std::uint64_t snapshot_bytes_max = std::uint64_t{1} << 30;  // Of a snapshot that is fetched.
  std::uint64_t segment_bytes = 16 << 20;
  std::size_t entry_bytes_max = 32 << 20;
  std::function<void(const Error&)> on_failure;  // On the control core, once.
};

class RaftQuorum final : public MetadataQuorum, private log::LogListener {
 public:
  // `files` has `quorum/` as its root; it and `transport` outlive this object.
  RaftQuorum(env::Environment& environment, env::FileSystem& files, QuorumTransport& transport,
             QuorumOptions options);
  ~RaftQuorum() override;

  // Makes the files of a quorum in an empty folder, durably: with `voters` as the first entry, or
  // for a broker that joins (empty). Nothing is started. Errors: not_empty, io_error, disk_full.
  static Task<Result<void>> format(env::Environment& environment, env::FileSystem& files,
                                   QuorumOptions options, Voters voters);

  // Recovers and takes part. A voter that is alone has taken office and applied everything when it
  // returns; others find each other afterwards. On the control core, once. Errors: corrupt,
  // wrong_owner (another broker's), not_found (it may not be formatted), io_error, disk_full.
  Task<Result<void>> start();
  // Refuses what is appended from now on (shutting_down), hands leadership over, waits for what
  // runs and closes the log. On the control core; also when start() has failed.
  Task<void> stop();

  void attach(StateMachine& machine) override { machine_ = &machine; }
  Task<Result<Offset>> append(Term expected, SharedBytes batch) override;
  Task<Result<Offset>> read_barrier() override;
  Task<Result<Offset>> change_voters(Term expected, Voters voters) override;
  QuorumLook look() const override;
  void resign(Term term) override;

  // What the transport brings; `from` is where the sender listens. Pre: the sender is who it says,
  // in this cluster.
  void receive(Message message, env::Endpoint from);
  // A piece of a snapshot that is stored here.
  Task<Result<SnapshotPiece>> piece_of_snapshot(LogEnd end, std::uint64_t position);
  // Nothing listens any more where this broker did.
  void peer_refused(BrokerId peer);
  Term term() const { return core_ ? core_->term() : Term(0); }
  Offset commit() const { return applied_.index; }  // The last entry that is applied; 0: none.
  const Voters& voters() const { return core_->voters(); }
  // Pre: start() has succeeded.
  const RaftCore& core() const { return *core_; }
  // On the control core.
  void show(telemetry::Page& page) const;

 private:
  struct Waiting {
    Offset index;
    Term term;
    env::OneShot<Result<Offset>> done;
  };
  struct Leadership {
    BrokerId leader = kNoBroker;
    Term term;
    bool operator==(const Leadership&) const = default;
  };

  // raft_quorum_start.cc
  Task<Result<void>> load_state();
  Task<Result<void>> open_log(const std::optional<Snapshot>& snapshot);
  Result<void> load_machine(Snapshot& snapshot);
  Result<void> check_log(const std::optional<Snapshot>& snapshot,
                         const log::RecoveryReport& recovered) const;
  Task<Result<void>> write_formatted(Voters voters);
  Task<Result<void>> format_files(Voters voters);
  Task<Result<std::vector<Entry>>> read_entries(Offset from);
  RaftConfig core_config();
  // raft_quorum_save.cc
  Task<Result<void>> save(const Ready& ready);
  Task<Result<void>> store_state(HardState state);
  Task<bool> room_may_come(const Error& error);
  Task<Result<void>> install_snapshot(LogEnd end);
  Task<Result<void>> write_entries(const std::vector<Entry>& entries);
  Task<Result<void>> cut_log(Offset end);
  Task<Result<void>> reset_log(Offset start);
  // raft_quorum.cc
  Task<void> tick_now_and_then();
  Task<void> carry_out_readys();
  Task<Result<void>> carry_out(Ready ready);
  void take_back(const Ready& ready, const Error& error);
  void answer_reads(const std::vector<ReadState>& reads);
  Result<void> apply(const Entry& entry);
  void send(const std::vector<Message>& messages);
  std::optional<env::Endpoint> endpoint_of(const ReplicaKey& key);
  QuorumMember member(const ReplicaKey& key, const env::Endpoint& recorded, bool votes) const;
  void tell_leadership();
  void fail_waiting(Offset from, const Error& error);
  void fail_reads();
  Task<Result<Offset>> wait_for(Result<Offset> proposed);
  void stop_for_good(const Error& error);
  void wake();
  bool leads() const { return told_.leader == options_.node; }
  // raft_quorum_snapshots.cc
  void snapshot_if_due();
  Task<void> take_snapshot();
  void pull_if_offered();
  Task<void> pull_piece(SnapshotPull::Question question);
  void install_fetched(LogEnd end, std::string content);

  void log_written() override {}
  void log_synced() override { saved_.set(); }
  void log_rolled() override {}
  void log_append_refused(Offset from, const Error& error) override;
  void log_failed(const Error& error) override;
  void log_pins_overdue() override {}

  env::Environment& environment_;
  env::FileSystem& files_;
  QuorumTransport& transport_;
  QuorumOptions options_;
  StateMachine* machine_ = nullptr;
  HardState state_;     // As it is stored.
  bool fresh_ = false;  // There was no state file.
  bool starting_ = true;
  bool running_ = false;  // The tasks have begun.
  bool stopping_ = false;
  std::optional<Error> failure_;
  std::optional<Error> refused_;  // The disk was full for what was appended last.
  LogEnd applied_;
  Leadership told_;
  std::deque<Waiting> waiting_;  // Not yet committed, in order.
  std::map<std::uint64_t, env::OneShot<Result<Offset>>> reads_;
  std::uint64_t next_read_ = 1;
  std::map<ReplicaKey, env::Endpoint> heard_from_;  // Where who was heard of listens.
  std::size_t next_to_ask_ = 0;
  std::uint64_t bytes_since_snapshot_ = 0;
  bool snapshot_runs_ = false;
  std::uint64_t snapshots_ = 0;
  std::uint64_t snapshot_failures_ = 0;
  env::Random random_;
  SnapshotPull pull_;
  std::map<Offset, std::string> fetched_;  // Whole snapshots that are to be installed.
  LogLimit disk_full_;
  LogLimit pull_failed_;

  std::shared_ptr<RaftQuorum*> self_;  // What completions hold, weakly.
  log::HomeTasks tasks_;
  log::DirectoryMetrics metrics_;
  log::UnsyncedBytes unsynced_;
  log::DirectorySyncer syncer_;
  std::shared_ptr<log::PartitionLog> log_;
  std::unique_ptr<RaftCore> core_;
  env::Event work_;     // The core has something to carry out, or it is time to stop.
  env::Event saved_;    // The durable end moved, or an append was refused, or the log failed.
  env::Event ticking_;  // Time has to pass: not so for who is alone.
  env::Event settled_;  // This node has taken office, or never will.
  env::Event ended_;    // No Ready is carried out any more.
};

}  // namespace ropewalk::quorum
