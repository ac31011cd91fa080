// The composition root: builds all parts of one broker from settings and an environment, starts and
// stops them in order.
//
// Used by main and by broker/testing. Lives on core 0 of its environment: start() and stop() run
// there. What belongs to the control core (quorum, controller, membership) is made, used and
// stopped there by crossing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/env/environment.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/settings/broker_settings.h"
#include "common/uuid.h"

namespace ropewalk {

class Broker {
 public:
  // `environment` outlives it. `on_failure` is called at most once, on core 0, when this broker
  // cannot go on (its metadata log failed, the cluster has given its place away): the owner should
  // stop it and end the process, to come back as a new life.
  Broker(env::Environment& environment, BrokerSettings settings,
         std::function<void(const Error&)> on_failure);
  // After stop() has returned, or when the environment's cores do not run any more.
  ~Broker();

  // Returns when the broker serves: recovered, registered, unfenced, listening. A data directory
  // that is empty, with `quorum_voters` and `cluster_id` unset, becomes a new cluster of this
  // broker alone. After an error only stop() may be called. Errors: wrong_owner (another broker's
  // directory, or a living process has it), not_found (not formatted), invalid_setting, corrupt,
  // permission_denied, disk_full, address_in_use, ...: the words say what and where.
  Task<Result<void>> start();
  // On core 0: a start that waits for the cluster ends soon, with shutting_down. Nothing once it
  // has returned.
  Task<void> give_up_start();
  // In order: refuses connections, closes the logs, leaves the clean-stop marker if everything
  // closed whole. Fine after a failed start, and repeated.
  Task<void> stop();

  // All of these after start().
  ClusterId cluster_id() const;
  BrokerId id() const;
  // Who leads the cluster's metadata, as far as this broker knows; kNoBroker: nobody.
  BrokerId controller() const;
  // "ready native=HOST:PORT broker=HOST:PORT kafka=HOST:PORT admin=HOST:PORT kinesis=off", with the
  // ports that were really taken.
  std::string ready_line() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ropewalk
