// A listening port: accepts on core 0 and deals the connections round over the data cores, where
// each stays.
//
// Owned by the composition root; start() and stop() on core 0.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "broker/rpc/frame_reader.h"
#include "broker/rpc/server_connection.h"
#include "broker/rpc/session.h"
#include "broker/rpc/shared_limits.h"
#include "common/env/environment.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/env/task_group.h"
#include "common/error.h"

namespace ropewalk::rpc {

enum class Framing {
  length_prefixed,  // Sessions get whole frames of common/wire.
  none,             // Sessions get the bytes as they come.
};

struct ServerOptions {
  std::string name;  // "native": for messages.
  env::Endpoint listen;
  // Those that several servers share; null: its own, with their defaults.
  std::shared_ptr<SharedLimits> shared;
  ConnectionLimits limits;
  env::ConnectionOptions connection;
  Framing framing = Framing::length_prefixed;
  std::size_t cores = 0;  // Connections are dealt over the first so many; 0: over all.
};

class Server {
 public:
  Server(env::Environment& environment, ServerOptions options, SessionFactory factory);
  ~Server();

  // Errors: those of Network::listen, naming the listener and its setting.
  Task<Result<void>> start();
  // Accepts nothing more, ends all connections and returns when their sessions are gone.
  Task<void> stop();

  env::Endpoint local() const;  // Pre: started.
  // Any thread. The numbers of its connections.
  void show(telemetry::Page& page) const;
  const SharedLimits& limits() const { return *tally_->limits; }
  std::size_t connections() const { return tally_->open.load(std::memory_order_relaxed); }

 private:
  struct Worker;
  Task<void> accept_loop();
  static Task<void> write_replies(Worker& worker, std::shared_ptr<ServerConnection> connection);
  Task<void> close_the_silent(Worker& worker);
  void say_refused(const env::Endpoint& remote, Seats::Full full);
  void admit(std::unique_ptr<env::Connection> connection, Seats::Seat seat, Worker& worker);

  env::Environment& environment_;
  const ServerOptions options_;
  const SessionFactory factory_;
  const std::shared_ptr<ServerTally> tally_;
  std::unique_ptr<env::Listener> listener_;
  std::vector<std::unique_ptr<Worker>> workers_;  // One a data core.
  std::size_t next_worker_ = 0;
  env::TaskGroup accepting_;
};

}  // namespace ropewalk::rpc
