// Asks the controller for the in-sync sets that the leaders here want (R6).
//
// On one data core. Proposals that come while one request is under way go in the next one; each
// copy is answered once, whatever happens to it.
#pragma once

#include <memory>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/replication/follow_sink.h"
#include "common/env/environment.h"
#include "common/env/task_group.h"

namespace ropewalk::replication {

class InSyncAsker final : public ProposalSink, public std::enable_shared_from_this<InSyncAsker> {
 public:
  // On its core, which stays the calling one's. `environment` outlives it.
  explicit InSyncAsker(env::Environment& environment);

  // This broker has joined the cluster; what was proposed before waits for that. `controller`
  // outlives stop().
  void begin(metadata::ControllerPort& controller, BrokerId self, BrokerEpoch epoch);
  Task<void> stop();

  void proposed(const std::shared_ptr<Partition>& partition, InSyncProposal proposal) override;

 private:
  struct Waiting {
    std::weak_ptr<Partition> partition;
    TopicPartition id;
    InSyncProposal proposal;
  };
  void start();
  static Task<void> ask(std::shared_ptr<InSyncAsker> self);
  static void tell(const Waiting& waiting, Errc outcome);

  env::Environment& environment_;
  metadata::ControllerPort* controller_ = nullptr;
  BrokerId self_{kNoBroker};
  BrokerEpoch epoch_{-1};
  std::vector<Waiting> waiting_;
  bool asking_ = false;
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::replication
