// One partition's replica on this broker: the shell around Leader, ProducerState and the log.
//
// A serial object (architecture, D3): its functions may be called from any data core, return at
// once, and answer through sinks on the calling core. Batches that arrive while somebody is inside
// share one write, and all writes until the next sync share that. Owned by the ReplicaManager;
// requests hold it by shared_ptr for their time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "broker/log/partition_log.h"
#include "broker/log/space_guard.h"
#include "broker/replication/catch_up_budget.h"
#include "broker/replication/follow_sink.h"
#include "broker/replication/leader.h"
#include "broker/replication/outbox.h"
#include "broker/replication/producer_state.h"
#include "broker/replication/replica_messages.h"
#include "broker/replication/replication_metrics.h"
#include "common/bytes.h"
#include "common/env/environment.h"
#include "common/env/serial.h"
#include "common/env/task.h"
#include "common/log.h"

namespace ropewalk::replication {

// One batch to append. What needs no state of the partition was checked: the checksum, the records.
struct ProduceItem {
  SharedBytes batch;
  Sequenced sequenced;
  Acks acks = Acks::all;
  std::optional<LeaderEpoch> expected_epoch = {};  // That the client knows.
  std::int64_t append_time_ms = -1;                // Stamped into the batch; -1: it is not.
  // It follows one that was refused before it got here: what to refuse it with, if its producer is
  // not known here.
  std::optional<Error> follows_refused = {};
  std::uint32_t item = 0;  // For the sink.
};

struct Look {
  std::optional<Offset> from = {};                 // To be checked, and watched from.
  std::optional<LeaderEpoch> last_epoch = {};      // That the record before `from` came under.
  std::optional<LeaderEpoch> expected_epoch = {};  // That the client knows.
  std::optional<LeaderEpoch> end_of = {};          // An epoch whose end is asked for.
  bool whole_view = false;                         // The view is wanted whatever `from` is.
  // Tell when there is more than now, or the log begins elsewhere, if there is nothing behind
  // `from` now or `watch_anyway`.
  bool watch = false;
  bool watch_anyway = false;
  std::uint32_t index = 0;  // For the sink.
};

// The same for a follower.
struct ReplicaLook {
  FollowerRequest request;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;  // That it follows.
  std::uint32_t index = 0;                    // For the sink.
};

// How far the replicas of a partition are.
struct DescribedReplicas {
  Offset log_start;  // Of the leader, as are the next two.
  Offset log_end;
  std::uint64_t bytes = 0;
  std::map<BrokerId, Offset> log_ends;  // Of those that have told, the leader among them.
};

// Whom to follow, and who asks that leader.
struct FollowRole {
  Following following;
  log::LogOptions options;
  std::shared_ptr<FollowSink> feed;
  env::Core* feed_core = nullptr;
  bool is_in_sync = true;  // Who is not keeps to the budget for catching up.
};

class Partition final : public env::SerialOwner, private log::LogListener {
 public:
  struct Options {
    env::Environment& environment;
    TopicPartition id;
    log::LogOptions log;
    log::RecoveredLog recovered;
    ProducerState producers;
    const log::SpaceGuard& space;  // Of its directory; outlives it.
    ReplicationTimes times = {};
    // Who talks to the controller; on that core. Null: nobody.
    std::shared_ptr<ControllerSink> reports = {};
    env::Core* reports_core = nullptr;
    std::shared_ptr<ReplicationMetrics> metrics;
    // Outlives it.
    CatchUpBudget& catch_up;
    // Makes the log's place; `enter` is the partition's.
    std::function<log::LogPlace(std::function<void(env::Job)> enter)> place;
  };
  static std::shared_ptr<Partition> open(Options options);
  ~Partition() override;

  const TopicPartition& id() const { return id_; }
  enum class Standing { idle, following, leading, failed };
  // Any thread; the truth of a moment ago.
  Standing standing() const { return standing_.load(std::memory_order_relaxed); }
  // Of a follower: how many committed records of its leader's log it lacked at the last answer. Any
  // thread.
  std::int64_t lag() const { return lag_.load(std::memory_order_relaxed); }

  // Answers each item once. Errors: not_leader_or_follower, fenced_leader_epoch,
  // unknown_leader_epoch, not_enough_replicas, not_enough_replicas_after_append,
  // out_of_order_sequence_number, invalid_producer_epoch, disk_full, budget_exceeded (too much is
  // not synced), kafka_storage_error.
  void produce(std::shared_ptr<ProduceSink> sink, std::vector<ProduceItem> items);

  // Errors: not_leader_or_follower, fenced_leader_epoch, unknown_leader_epoch, offset_out_of_range
  // (also of a last record from a newer epoch than ours), kafka_storage_error. A reader whose log
  // diverges is told that and nothing else.
  void look(std::shared_ptr<FetchSink> sink, Look look);
  void unwatch(std::shared_ptr<FetchSink> sink, std::uint32_t index);

  // What a follower of ours may have. `progress` is what it says of itself beside. Found is a view
  // where there is something behind FetchFrom::from, or it lies below the log's start; where there
  // is nothing the sink is told when there is. Errors: not_leader_or_follower, fenced_leader_epoch,
  // unknown_leader_epoch, kafka_storage_error.
  void look_as_replica(std::shared_ptr<FetchSink> sink, ReplicaLook look,
                       std::optional<Progressed> progress);
  // Damage has been found in what is stored here, which must not be led any more if another replica
  // is in sync: this one fails then. What a reader is told: kafka_storage_error, or corrupt_message
  // where there is no other, and none has come into the set for a while. Any core.
  // `generation`: of the view in which it was read.
  Error found_damaged(std::uint64_t generation, Error damage);
  // A follower says how far it is.
  void follower_progressed(Progressed progress);
  // What became of a proposal of that epoch: once for each.
  void proposal_answered(LeaderEpoch epoch, ProposalAnswered answer);

  // Leads, or goes on to lead under changed circumstances. Older ones than known change nothing.
  void lead(Leadership leadership, log::LogOptions options);
  // Nobody leads from `epoch` on. Who waits gets not_leader_or_follower.
  void stop_leading(LeaderEpoch epoch);
  // Another broker leads. Its feed is told what is wanted, and that nothing is any more.
  void follow(FollowRole role);
  // The CatchUpBudget has another rate: who waits for what was to be paid under the old one asks
  // now.
  void catch_up_limited();
  // The answer to Want `number`: of the leader, or that there is none (an error).
  void fetched(std::uint64_t number, ReceivedNews news);

  // The disk that it is on has failed (R11): it serves no more. Who reports that has said so.
  void disk_failed(Error error);

  // Lets go of what the topic's retention no longer keeps. From any data core, now and then.
  void retain();
  // No record below `before` (at most the high watermark; none given: all of it) is readable from
  // now on. Told in `done` once that is durable, on the calling core: where the log starts then,
  // which may be above `before` already. Errors: not_leader_or_follower, fenced_leader_epoch,
  // unknown_leader_epoch, offset_out_of_range, disk_full, kafka_storage_error.
  void delete_before(std::optional<Offset> before, std::optional<LeaderEpoch> expected_epoch,
                     std::move_only_function<void(Result<Offset>)> done);

  // Bytes of the records that it holds, told on the calling core, whatever its role.
  void measure(std::move_only_function<void(std::uint64_t)> done);

  // How far its replicas are, as their leader knows it, told on the calling core. Errors:
  // not_leader_or_follower, fenced_leader_epoch, unknown_leader_epoch, kafka_storage_error.
  void describe_replicas(std::optional<LeaderEpoch> expected_epoch,
                         std::move_only_function<void(Result<DescribedReplicas>)> done);

  // Ends the role, stores a checkpoint, syncs and closes the log. From a task on any core, once.
  Task<Result<void>> close();

 private:
  explicit Partition(Options& options);

  // A produce that has its place and waits for its condition.
  struct Waiter {
    env::Core* core = nullptr;
    std::shared_ptr<ProduceSink> sink;
    std::uint32_t item = 0;
    Appended appended;
  };
  // Placed in the log, but not written yet.
  struct Unwritten {
    WaiterId waiter;
    Acks acks;
    Offset end;
  };
  struct Watcher {
    Offset at;  // Told when the high watermark passes it.
    env::Core* core;
    std::weak_ptr<FetchSink> sink;  // It holds us: a reader that ends without unwatch() must not
                                    // keep both alive.
    std::uint32_t index;
  };

  // What a follower has asked of its feed.
  struct Asked {
    std::uint64_t number = 0;
    std::uint64_t generation = 0;
    std::optional<FollowerRequest> request;
    bool operator==(const Asked&) const = default;
  };
  // A follower that looks at us.
  struct ReplicaWatcher {
    Offset at;  // Told when the log goes on from there.
    Offset high_watermark;
    bool told_watermark = false;
    env::Core* core;
    std::weak_ptr<FetchSink> sink;
    std::uint32_t index;
  };

  void drained() override;

  void log_written() override;
  void log_synced() override;
  void log_rolled() override;
  void log_append_refused(Offset from, const Error& error) override;
  void log_failed(const Error& error) override;
  void log_pins_overdue() override;

  // The following run inside.
  Result<void> check_role(std::optional<LeaderEpoch> expected) const;
  Result<void> append(env::Core& core, const std::shared_ptr<ProduceSink>& sink, ProduceItem& item);
  static std::unexpected<Error> out_of_order(ProduceItem& item, const Error& error);
  std::unexpected<Error> refused(const ProduceItem& item, Error error);
  std::optional<Error> why_full();
  void wait(env::Core& core, const std::shared_ptr<ProduceSink>& sink, const ProduceItem& item,
            Placed placed);
  void look_inside(env::Core& core, const std::shared_ptr<FetchSink>& sink, const Look& look);
  Looked found_by(const Look& look) const;
  Result<void> check_place(const Look& look, Looked& found) const;
  EpochHistory epochs() const { return {log_->epochs(), epoch_, log_->readable_end()}; }
  void look_inside(env::Core& core, const std::shared_ptr<FetchSink>& sink,
                   const ReplicaLook& look);
  Looked found_by(const ReplicaLook& look) const;
  void wake_replicas();
  void watermark_moved(Offset to);
  void lead_inside(Leadership leadership, const log::LogOptions& options);
  void follow_inside(FollowRole role);
  bool is_quiet() const { return !cutting_ && log_->next_offset() == log_->readable_end(); }
  void begin_next_role();
  Result<void> check_epochs() const;
  void begin_leadership(Leadership leadership);
  void begin_following(FollowRole role);
  void end_following();
  void tick_at(Time when);
  void tell_again_later();
  void others_may_lead(const Leadership& leadership);
  void fetched_inside(std::uint64_t number, ReceivedNews& news);
  void carry_out(const FollowerEffects& effects, std::span<ReplicaBatch> fetched = {});
  void append_replicated(ReplicaBatch& batch);
  void cut(Offset end, bool begin_anew);
  void go_on_behind_cut();
  void find_producers();
  static Task<void> read_producers(std::shared_ptr<env::SerialOwner> keep, log::LogViewPtr view);
  void ask_leader();
  void pay_for(const ReceivedNews& received);
  void end_role(Error why);
  void end_by(const Error& error);
  void carry_out(const LeaderEffects& effects);
  void answer(WaiterId id);
  void refuse(WaiterId id, Error error);
  Waiter take(WaiterId id);
  void wake_watchers(std::optional<Offset> high_watermark);
  void retain_inside();
  void removal_again();
  Result<Offset> start_to_be(std::optional<Offset> before,
                             std::optional<LeaderEpoch> expected) const;
  void start_at(Offset start, log::PartitionLog::Done done);
  void store_checkpoint(log::PartitionLog::Done done);
  void close_inside(log::PartitionLog::Done done);

  env::Environment& environment_;
  const TopicPartition id_;
  ProducerState producers_;
  const log::SpaceGuard& space_;
  std::shared_ptr<log::PartitionLog> log_;
  Offset high_watermark_;
  LeaderEpoch epoch_ = kNoLeaderEpoch;  // The newest that the metadata log told.
  const ReplicationTimes times_;
  const std::shared_ptr<ControllerSink> reports_;
  env::Core* const reports_core_;
  const std::shared_ptr<ReplicationMetrics> metrics_;
  // At most one of these is there. A role begins when the log rests: nothing of it is unwritten or
  // being cut.
  std::optional<Leader> leader_;
  std::optional<Follower> follower_;
  std::variant<std::monostate, Leadership, FollowRole> next_role_;
  FollowRole role_;  // Of the follower.
  Asked asked_;      // Of its feed; number 0: nothing yet.
  std::uint64_t next_want_ = 1;
  env::Duration ask_delay_{};  // Before the next question.
  CatchUpBudget& catch_up_;
  Time catch_up_at_{};              // Not before then, while it is not in sync.
  std::optional<Progressed> tell_;  // At the end of the drain.
  bool cutting_ = false;
  // A cut took what was remembered of a producer; it is being read from here.
  bool producers_unknown_ = false;
  struct {
    env::FileSystem* files = nullptr;
    log::HomeTasks* tasks = nullptr;
    std::string folder;
    std::size_t producers_max = 0;
  } reading_;
  Time next_tick_ = env::kNever;  // A timer is set for then.
  LogLimit refused_answers_;
  LogLimit damage_;                               // That no other replica is in sync for.
  std::atomic<std::int64_t> damage_found_at_{0};  // The first of that, in ns of the clock.
  Error why_not_;                                 // What a request hears while leader_ is empty.
  bool ended_ = false;                            // Failed or closed: there is no new role.
  std::atomic<Standing> standing_{Standing::idle};
  std::atomic<std::int64_t> lag_{0};
  std::atomic<bool> others_in_sync_{false};  // And alive, while this one leads.
  std::vector<Waiter> waiters_;              // By id; reused.
  std::vector<WaiterId> free_waiters_;
  std::vector<Unwritten> unwritten_;
  std::vector<Watcher> watchers_;
  std::vector<ReplicaWatcher> replica_watchers_;
  Outbox outbox_;
  env::Serial serial_;
};

}  // namespace ropewalk::replication
