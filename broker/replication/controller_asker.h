// What the partitions of this broker have to say to the controller: the in-sync sets that leaders
// want (R6), replicas that failed (R11, R12), logs that are synced whole (D5).
//
// On one data core. What comes while one request is under way goes in the next one. Each copy of a
// proposal is answered once, whatever happens to it; the rest is said again until it is heard.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/replication/follow_sink.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/task_group.h"

namespace ropewalk::replication {

class ControllerAsker final : public ControllerSink,
                              public std::enable_shared_from_this<ControllerAsker> {
 public:
  // On its core, which stays the calling one's. `environment` outlives it. `on_failed` hears of
  // failed replicas first; it may be empty.
  ControllerAsker(env::Environment& environment,
                  std::function<void(const TopicPartition&, const Error&)> on_failed);

  // This broker has joined the cluster; what was to be said before waits for that. `controller`
  // outlives stop().
  void begin(metadata::ControllerPort& controller, BrokerId self, BrokerEpoch epoch);
  Task<void> stop();

  void proposed(const std::shared_ptr<Partition>& partition, InSyncProposal proposal) override;
  void failed(const TopicPartition& id, const Error& why) override;
  void all_synced(const TopicPartition& id, LeaderEpoch epoch) override;

 private:
  struct Proposed {
    std::weak_ptr<Partition> partition;
    TopicPartition id;
    InSyncProposal proposal;
  };
  struct Synced {
    TopicPartition id;
    LeaderEpoch epoch;
    auto operator<=>(const Synced&) const = default;
  };
  using Self = std::shared_ptr<ControllerAsker>;
  static Task<void> run(Self self);
  Task<void> ask_for_sets();
  // False: it is to be said again.
  Task<bool> report_failures();
  Task<bool> report_synced();
  bool is_idle() const { return proposals_.empty() && failed_.empty() && synced_.empty(); }

  env::Environment& environment_;
  env::Core& core_;
  const std::function<void(const TopicPartition&, const Error&)> on_failed_;
  metadata::ControllerPort* controller_ = nullptr;
  BrokerId self_{kNoBroker};
  BrokerEpoch epoch_{-1};
  std::vector<Proposed> proposals_;
  std::set<TopicPartition> failed_;
  std::set<Synced> synced_;
  env::Event wanted_;
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::replication
