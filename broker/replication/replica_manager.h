// The replicas that this broker holds: opens what its directories have, and brings them in line
// with the image.
//
// Lives on its home core, a data core; what the control core tells (ReplicaSink) is posted there.
// Of each replica only the newest wish counts; wishes of one replica are carried out one after the
// other, those of several in parallel, at most `parallel` at a time. find() works on every core.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/log_directory.h"
#include "broker/log/retry_schedule.h"
#include "broker/metadata/controller_port.h"
#include "broker/metadata/replica_sink.h"
#include "broker/replication/catch_up_budget.h"
#include "broker/replication/controller_asker.h"
#include "broker/replication/partition_table.h"
#include "broker/replication/replica_fetchers.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/task_group.h"

namespace ropewalk::replication {

struct ReplicaManagerOptions {
  BrokerId self = kNoBroker;
  IncarnationId incarnation = {};
  ReplicationTimes times = {};
  std::size_t parallel = 16;            // Replicas that are opened, closed or removed at a time.
  std::size_t producers_max = 100'000;  // Remembered by a partition.
  env::Duration retention_every = std::chrono::minutes(5);  // Looks what may go.
  std::int64_t catch_up_rate_max = 0;                       // Bytes a second; 0: no limit.
  log::LogOptions log = {};  // What holds in topics that say nothing else.
  // A directory has failed, and its replicas with it. On the home core.
  std::function<void(const log::LogDirectory&, const Error&)> on_directory_failed = {};
};

// One of this broker's data directories, for descriptions.
struct DirectoryState {
  DirectoryId id;
  std::string path;
  std::optional<Error> failure;
  env::DiskSpace space;  // Of the disk, about a second ago.
};

// What the node must tell when it registers (R12, R13).
struct OpenedReplicas {
  std::size_t count = 0;
  std::uint64_t bytes_scanned = 0;            // Of records that were not known to be on disk.
  std::vector<TopicPartition> cut;            // Recovery cut a tail.
  std::vector<TopicPartition> damaged;        // They stay closed, their files untouched.
  std::vector<metadata::ReplicaLogEnd> ends;  // Of the others (R7).
};

class ReplicaManager final : public metadata::ReplicaSink {
 public:
  // Made on the home core, which stays the calling one's. The directories outlive it.
  ReplicaManager(env::Environment& environment, std::vector<log::LogDirectory*> directories,
                 ReplicaManagerOptions options);
  ~ReplicaManager() override;

  // This life is registered: from now on the controller is asked for in-sync sets. On the home
  // core. `controller` outlives stop(). Null for `fetchers`: nothing can be had from other brokers.
  void joined(metadata::ControllerPort& controller, BrokerEpoch epoch, ReplicaFetchers* fetchers);

  // Opens and recovers every replica that the directories' journals name. Once, on the home core,
  // before anything else. Never fails as a whole.
  Task<OpenedReplicas> open_all();

  // Closes all replicas (checkpoint, sync) and refuses new wishes. On the home core. Whether every
  // one of them closed in order: only then may the clean-stop marker be written.
  Task<bool> stop();

  // Any core; errors as PartitionTable::find().
  Result<std::shared_ptr<Partition>> find(const TopicPartition& id) const {
    return table_.find(id);
  }

  const PartitionTable& table() const { return table_; }
  // What replication counts here, for the others who take part in it.
  const std::shared_ptr<ReplicationMetrics>& metrics() const { return metrics_; }

  // From a task on any data core.
  Task<std::vector<DirectoryState>> directories();

  // On the home core.
  void show(telemetry::Page& page) const;

  // ReplicaSink, on any core.
  void become_leader(const metadata::ImagePtr& image, const metadata::TopicPtr& topic,
                     const metadata::PartitionPtr& state, const DirectoryId& directory) override;
  void become_follower(const metadata::ImagePtr& image, const metadata::TopicPtr& topic,
                       const metadata::PartitionPtr& state, const DirectoryId& directory) override;
  void remove(const TopicPartition& partition) override;
  void limit_catch_up(std::optional<std::int64_t> bytes_per_second) override;

 private:
  struct Lead {
    Leadership leadership;
    log::LogOptions options;
    DirectoryId directory;
  };
  struct Follow {
    Following following;
    env::Endpoint leader_address;  // Empty: it cannot be reached.
    log::LogOptions options;
    DirectoryId directory;
    bool may_begin_anew = false;  // R12: it is in no set, and another replica leads.
    bool is_in_sync = false;
  };
  struct Remove {};
  using Wish = std::variant<Lead, Follow, Remove>;
  struct Replica {
    std::shared_ptr<Partition> partition;  // Null: not open.
    std::optional<Errc> failure;           // It could not be opened.
    log::LogDirectory* directory = nullptr;
    std::optional<Wish> wish;         // The newest that is not carried out.
    bool busy = false;                // A worker is at it, or will be.
    bool has_aside = true;            // Damaged files may lie beside it.
    log::RetrySchedule removal = {};  // Of its files, which a full disk did not let go.
  };

  void wish(TopicPartition id, Wish wish);
  void start_workers();
  Task<void> work();
  Task<void> retain_now_and_then();
  Task<void> carry_out(TopicPartition id);
  Task<void> lead(TopicPartition id, Lead to);
  Task<void> follow(TopicPartition id, Follow to);
  Task<Result<void>> begin_anew(TopicPartition id);
  Task<void> discard_aside(TopicPartition id);
  void replica_failed(const TopicPartition& id, const Error& why);
  // Null: it cannot be opened, which has been said.
  Task<std::shared_ptr<Partition>> opened(TopicPartition id, DirectoryId directory,
                                          log::LogOptions options);
  Task<void> remove_files(TopicPartition id);
  Task<Result<void>> open(TopicPartition id, log::LogDirectory& directory, log::LogOptions options);
  Task<void> open_workers(std::shared_ptr<std::deque<TopicPartition>> waiting,
                          std::shared_ptr<std::size_t> running, std::shared_ptr<env::Event> done);
  Task<void> close_workers(std::shared_ptr<std::deque<TopicPartition>> waiting,
                           std::shared_ptr<std::size_t> running, std::shared_ptr<env::Event> done);
  log::LogDirectory* directory_of(const DirectoryId& id) const;
  Task<void> list_directories(std::vector<DirectoryState>& into) const;
  void directory_failed(const log::LogDirectory& directory, const Error& error);

  env::Environment& environment_;
  env::Core& home_;
  const std::vector<log::LogDirectory*> directories_;
  const ReplicaManagerOptions options_;
  const std::shared_ptr<ReplicationMetrics> metrics_;
  CatchUpBudget catch_up_;
  PartitionTable table_;
  const std::shared_ptr<ControllerAsker> asker_;
  ReplicaFetchers* fetchers_ = nullptr;
  std::map<TopicPartition, Replica> replicas_;
  std::deque<TopicPartition> waiting_;
  std::size_t workers_ = 0;
  bool stopping_ = false;
  bool closed_in_order_ = true;
  OpenedReplicas opened_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // For jobs on their way here.
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::replication
