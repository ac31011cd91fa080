// One follower's fetch session at its leader: what the follower wants of each partition, and the
// request that waits for something to tell.
//
// On the core of the connection that it came by. Held by shared_ptr: partitions hold it while they
// owe an answer. A want is looked at once; if there is nothing, its partition tells when there is.
// What is there when an answer begins leaves in it, a partition that had its turn goes to the end.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "broker/replication/partition_table.h"
#include "broker/replication/replica_messages.h"
#include "broker/rpc/peer_dispatcher.h"
#include "common/env/environment.h"
#include "common/env/task_group.h"

namespace ropewalk::replication {

struct ReplicaSessionOptions {
  // For how long a moved high watermark alone waits for records to go with it: consumers read from
  // the leader, so a follower is in no hurry to hear of it.
  env::Duration watermark_delay = std::chrono::milliseconds(5);
  std::size_t bytes_max = 8 << 20;            // Of an answer.
  std::size_t partition_bytes_max = 1 << 20;  // Of one partition in it.
  env::Duration wait_max = std::chrono::seconds(5);
};

class ReplicaSession final : public FetchSink, public std::enable_shared_from_this<ReplicaSession> {
 public:
  // All outlive it; `tasks` is of this core.
  ReplicaSession(env::Environment& environment, const PartitionTable& partitions,
                 env::TaskGroup& tasks, std::shared_ptr<ReplicationMetrics> metrics,
                 rpc::PeerIdentity follower, std::uint64_t id, ReplicaSessionOptions options);
  ~ReplicaSession() override;

  const rpc::PeerIdentity& follower() const { return follower_; }
  std::uint64_t id() const { return id_; }
  env::MonotonicTime last_asked() const { return last_asked_; }

  // Errors in the reply: invalid_fetch_session_epoch.
  void ask(const ReplicaFetch& fetch, rpc::PeerReply reply);
  // Whoever waits is told so, and partitions are left alone.
  void end(const Error& why);

  void looked(std::uint32_t index, Looked found) override;
  void moved(std::uint32_t index) override;
  void watermark_moved(std::uint32_t index) override;

 private:
  struct Slot {
    ReplicaWant want;
    std::weak_ptr<Partition> partition;
    bool wanted = false;           // Not answered yet.
    bool forgotten = false;        // The slot is free once nothing looks any more.
    std::uint32_t looking = 0;     // Looks that are under way: only the last one counts.
    bool watermark_waits = false;  // To be told soon.
    bool watermark_due = false;
    std::optional<Looked> found;  // To be told; `ready_` has it.
    // From where it was sent records last. Who asks for them again could not use them.
    std::optional<Offset> sent_from;
  };
  struct Parked {
    rpc::PeerReply reply;
    std::size_t bytes_max = 0;
    env::TimerId timer = env::TimerId::none;
  };

  std::uint32_t slot_of(const TopicPartition& id);
  void take(const ReplicaWant& want);
  void forget(const TopicPartition& id);
  void look(std::uint32_t index);
  bool is_news(const Slot& slot, const Looked& found) const;
  void ready(std::uint32_t index, Looked found);
  void wait_for_watermark(std::uint32_t index);
  void watermarks_are_due();
  void start_answer();
  void answer_nothing();
  void send(Parked parked, ReplicaAnswer answer);
  void note_sent(std::uint32_t index, const TopicPartition& id, Offset from);
  static Task<void> answer(std::shared_ptr<ReplicaSession> self);

  env::Environment& environment_;
  env::Core& core_;
  const PartitionTable& partitions_;
  env::TaskGroup& tasks_;
  const std::shared_ptr<ReplicationMetrics> metrics_;
  const rpc::PeerIdentity follower_;
  const std::uint64_t id_;
  const ReplicaSessionOptions options_;
  std::uint32_t next_sequence_ = 0;
  env::MonotonicTime last_asked_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::map<TopicPartition, std::uint32_t> slot_by_id_;
  std::deque<std::uint32_t> ready_;
  std::vector<std::uint32_t> watermarks_;
  bool watermark_timer_ = false;
  std::optional<Parked> parked_;
  bool answering_ = false;
  bool ended_ = false;
};

}  // namespace ropewalk::replication
