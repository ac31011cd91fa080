// Kafka's protocol on one port: makes a session for each connection of an rpc::Server.
//
// Owned by the composition root, beside the server. Stop the server first, then this, then what the
// use cases work with.
#pragma once

#include "broker/listeners/kafka/exchange/shared.h"
#include "broker/rpc/session.h"
#include "common/env/environment.h"
#include "common/env/task.h"

namespace ropewalk::kafka {

class KafkaListener {
 public:
  // `environment` and `uses` must outlive it.
  KafkaListener(env::Environment& environment, service::UseCases& uses, KafkaOptions options);

  // For rpc::Server; this must outlive the server's connections.
  rpc::SessionFactory sessions();

  // Any thread.
  void show(telemetry::Page& page) const { shared_.metrics.show(page); }

  // Returns when no request of an ended connection runs any more. Pre: the server has stopped.
  Task<void> stop() { return shared_.closing.stop(); }

 private:
  Shared shared_;
};

}  // namespace ropewalk::kafka
