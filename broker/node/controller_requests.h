// What other brokers ask of this one while it is the controller (the other end of
// ControllerRouter): reads the event, has it decided here, and answers.
//
// handle() is for every core; all else on the control core. It asks the local controller only: a
// broker that leads no more says so, and the asking one looks again.
#pragma once

#include <functional>
#include <memory>

#include "broker/metadata/controller_port.h"
#include "common/bytes.h"
#include "common/env/environment.h"
#include "common/env/task_group.h"

namespace ropewalk::node {

class ControllerRequests {
 public:
  // Once, on any core. As of rpc::PeerDispatcher.
  using Reply = std::move_only_function<void(Result<SharedBytes>)>;

  // Both outlive it.
  ControllerRequests(env::Environment& environment, metadata::ControllerPort& local);
  ~ControllerRequests();

  // What cannot be read is answered too.
  void handle(const SharedBytes& body, env::MonotonicTime deadline, Reply reply);

  // On the control core, after the local controller has stopped: it has answered everything then.
  Task<void> stop() { return tasks_.stop(); }

 private:
  void start(metadata::ControllerEvent event, env::MonotonicTime deadline, Reply reply);
  Task<void> decide(metadata::ControllerEvent event, env::MonotonicTime deadline, Reply reply);

  env::Environment& environment_;
  metadata::ControllerPort& local_;
  std::shared_ptr<ControllerRequests*> self_;  // What jobs from other cores hold, weakly.
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::node
