// The leader's side of replication between brokers: serves REPLICA_FETCH and REPLICA_PROGRESS.
//
// A session lives on the core of the connection that began it. Made and stopped on core 0; handlers
// run on all data cores.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "broker/replication/replica_session.h"

namespace ropewalk::replication {

class ReplicaServer {
 public:
  // All outlive it.
  ReplicaServer(env::Environment& environment, const PartitionTable& partitions,
                std::shared_ptr<ReplicationMetrics> metrics, ReplicaSessionOptions options = {});
  ~ReplicaServer();

  // Pre: before dispatcher.sessions(); it lives until the dispatcher has stopped.
  void register_at(rpc::PeerDispatcher& dispatcher);

  // Ends all sessions.
  Task<void> stop();

 private:
  struct OnCore {
    explicit OnCore(env::Core& core) : tasks(core) {}
    std::map<BrokerId, std::shared_ptr<ReplicaSession>> sessions;
    bool sweeping = false;
    env::TaskGroup tasks;
  };

  void fetch_came(const rpc::PeerRequest& request, rpc::PeerReply reply);
  void progress_came(const rpc::PeerRequest& request);
  // Ends those that nobody asks any more: their connection is gone.
  void sweep(OnCore& here);
  Task<void> end_idle(OnCore& here, env::Core& core);
  Task<void> end_all(OnCore& here);

  env::Environment& environment_;
  const PartitionTable& partitions_;
  const std::shared_ptr<ReplicationMetrics> metrics_;
  const ReplicaSessionOptions options_;
  std::vector<std::unique_ptr<OnCore>> cores_;
  LogLimit malformed_;
};

}  // namespace ropewalk::replication
