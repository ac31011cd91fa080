// The follower's side of replication between two brokers: asks one leader for what all partitions
// that follow it want, and tells it how far they are.
//
// On one core. Held by shared_ptr: by its ReplicaFetchers and by the partitions that follow. One
// request is always parked at the leader while anything is wanted; what comes up meanwhile goes out
// in a second one, which ends the wait of the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "broker/replication/follow_sink.h"
#include "broker/replication/replica_messages.h"
#include "broker/replication/replication_metrics.h"
#include "broker/rpc/peer_links.h"
#include "common/env/environment.h"
#include "common/env/random.h"
#include "common/env/task_group.h"
#include "common/log.h"

namespace ropewalk::replication {

struct ReplicaFetcherOptions {
  std::chrono::milliseconds wait_max{500};
  std::size_t bytes_max = 8 << 20;  // Of an answer.
  // Behind the wait: without an answer the session begins anew.
  env::Duration answer_timeout = std::chrono::seconds(5);
  // Between attempts when the leader cannot be reached, and at a partition that the leader refuses.
  env::Duration retry_after = std::chrono::milliseconds(50);
};

class ReplicaFetcher final : public FollowSink,
                             public std::enable_shared_from_this<ReplicaFetcher> {
 public:
  // Made on its core. `links` and `tasks` are of that core; all outlive its tasks.
  ReplicaFetcher(env::Environment& environment, rpc::PeerLinks& links, env::TaskGroup& tasks,
                 std::shared_ptr<ReplicationMetrics> metrics, rpc::PeerAddress leader,
                 ReplicaFetcherOptions options);

  // The leader is to be found there from now on.
  void move_to(const rpc::PeerAddress& leader);

  void wants(const std::shared_ptr<Partition>& partition, Want want) override;
  void progressed(const TopicPartition& id, const Progressed& progress) override;

 private:
  struct Slot {
    std::weak_ptr<Partition> partition;
    Want want;
    bool unsent = false;     // Or it waits for its time.
    bool at_leader = false;  // The leader knows the partition in this session.
  };

  bool wants_anything() const { return wanting_ > 0; }
  void turn();
  void end_of_turn();
  void send_progress();
  bool may_ask() const;
  void ask();
  static Task<void> exchange(std::shared_ptr<ReplicaFetcher> self, std::uint64_t session,
                             SharedBytes request);
  void answered(std::vector<ReceivedNews> news);
  void failed(const Error& error);
  void begin_session();
  void send_later(const TopicPartition& id, std::uint64_t number, env::Duration after);

  env::Environment& environment_;
  env::Core& core_;
  rpc::PeerLinks& links_;
  env::TaskGroup& tasks_;
  env::Random random_;
  const std::shared_ptr<ReplicationMetrics> metrics_;
  rpc::PeerAddress leader_;
  const ReplicaFetcherOptions options_;
  std::map<TopicPartition, Slot> slots_;
  std::size_t wanting_ = 0;
  std::vector<TopicPartition> unsent_;
  std::vector<TopicPartition> forgotten_;
  std::vector<ReplicaProgress> progress_;
  std::uint64_t session_ = 0;
  std::uint32_t next_sequence_ = 0;
  std::size_t asked_ = 0;  // Requests of this session without an answer.
  bool turning_ = false;   // end_of_turn() will be called.
  bool resting_ = false;   // After a failure.
  LogLimit failures_;
};

}  // namespace ropewalk::replication
