// This broker as a member of the cluster: registers a new life, keeps its session by heartbeats,
// and knows whether it may serve.
//
// On the control core; lease() is for every core. A life that the controller does not know any more
// (stale_broker_epoch) is over: `on_expelled` is told and the process should end, to come back as a
// new one.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/metadata_view.h"
#include "broker/telemetry/page.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/task_group.h"

namespace ropewalk::node {

struct MembershipOptions {
  metadata::RegisterBroker registration;  // The incarnation included.
  std::chrono::milliseconds heartbeat_every{500};
  std::chrono::milliseconds session{3000};  // The controller's.
  std::chrono::milliseconds margin{500};    // By how much the lease is shorter (R8).
  std::function<void(const Error&)> on_expelled;
};

// Until when this broker may serve (R8).
struct Lease {
  env::BootTime until{};
  bool holds(env::BootTime now) const { return now < until; }
};

class Membership {
 public:
  // All outlive it.
  Membership(env::Environment& environment, metadata::ControllerPort& controller,
             metadata::MetadataView& view, MembershipOptions options);

  // Registers; returns once the own image shows it. Retries what may be retried until the deadline.
  // Errors: inconsistent_cluster_id, wrong_owner, unsupported_version, request_timed_out, ...
  Task<Result<BrokerEpoch>> register_now(env::MonotonicTime deadline);
  // Heartbeats from now on; returns once this broker is unfenced and its image shows it. Call it
  // when the local replicas are ready to lead. Pre: register_now() succeeded.
  Task<Result<void>> unfence(env::MonotonicTime deadline);
  // One of this broker's data directories has failed: the controller hears of it at once. On the
  // control core.
  void lost_directory(const DirectoryId& id);
  // Gives up all leaderships and places in in-sync sets, so that nobody misses this broker: returns
  // when others lead and know it, when there are none, or at the deadline. Whether it was let go.
  // Heartbeats go on. Pre: unfence() succeeded.
  Task<bool> leave(env::MonotonicTime deadline);
  // A register_now() or unfence() asks no more: it ends with shutting_down once its last question
  // has an answer.
  void give_up() { gave_up_ = true; }
  // No heartbeats any more.
  Task<void> stop() { return tasks_.stop(); }

  // Pre: register_now() succeeded.
  BrokerEpoch epoch() const { return *epoch_; }
  IncarnationId incarnation() const { return options_.registration.broker.incarnation; }
  // On any core, and what it says is so at once on all: a core that is busy must not take the lease
  // for lost because it has not come to hear of the newest heartbeat.
  Lease lease() const { return lease_.load(std::memory_order_acquire); }
  // On the control core.
  void show(telemetry::Page& page) const;

 private:
  Task<void> keep_alive();
  bool others_serve() const;
  Task<Result<metadata::HeartbeatState>> heartbeat(env::MonotonicTime deadline);

  env::Environment& environment_;
  metadata::ControllerPort& controller_;
  metadata::MetadataView& view_;
  MembershipOptions options_;
  std::optional<BrokerEpoch> epoch_;
  std::atomic<Lease> lease_{Lease{}};
  std::vector<DirectoryId> lost_directories_;
  bool gave_up_ = false;
  bool leaving_ = false;
  env::Event hurry_;  // The next heartbeat is due now.
  std::uint64_t heartbeats_ = 0;
  std::uint64_t heartbeat_failures_ = 0;
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::node
