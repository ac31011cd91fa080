// The admin port: makes a session for each connection of an rpc::Server.
//
// Owned by the composition root, beside the server; lives on core 0. Stop the server first, then
// this, then what the pages are made from.
#pragma once

#include "broker/listeners/admin/admin_session.h"
#include "broker/rpc/server.h"

namespace ropewalk::admin {

class AdminListener {
 public:
  static constexpr std::size_t kConnectionsMax = 100;

  // `environment` must outlive it.
  AdminListener(env::Environment& environment, AdminPages pages);

  // What the server needs to know; the caller fills in where to listen and the times.
  static rpc::ServerOptions server_options();
  // For the server; this must outlive its connections.
  rpc::SessionFactory sessions();

  // Returns when no page is being made any more. Pre: the server has stopped.
  Task<void> stop();

 private:
  Shared shared_;
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::admin
