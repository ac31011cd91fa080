// Who serves what on `broker_listen`: quorum, replication and node register their handlers here.
//
// Made, given its handlers and stopped by the composition root, on core 0; its connections are on
// all data cores.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "broker/rpc/peer_identity.h"
#include "broker/rpc/session.h"
#include "common/bytes.h"
#include "common/env/environment.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::v1 {
class ResponseHeader;
}

namespace ropewalk::rpc {

// `body` is a slice of the page that it was read into: who keeps it for long keeps that.
struct PeerRequest {
  PeerIdentity peer;
  SharedBytes body;
  env::MonotonicTime deadline;  // When the caller gives up, as far as is known.
};

// Who writes the whole frame of an answer once its header is known: records leave straight from
// their files then.
class PeerFrameWriter {
 public:
  virtual ~PeerFrameWriter() = default;
  // On the core of the connection, at most once.
  virtual std::vector<env::Chunk> write(const v1::ResponseHeader& header) = 0;
};

// One of both. Bytes convert to an answer.
struct PeerAnswer {
  PeerAnswer(SharedBytes bytes) : body(std::move(bytes)) {}
  explicit PeerAnswer(std::unique_ptr<PeerFrameWriter> frame) : writer(std::move(frame)) {}

  SharedBytes body;
  std::unique_ptr<PeerFrameWriter> writer;
};

// The answer, or why there is none. Called once, on any core; a second call does nothing, nor does
// one after the connection or the dispatcher has ended. Destroyed without having been called it
// answers broker_not_available.
using PeerReply = std::move_only_function<void(Result<PeerAnswer>)>;

struct PeerDispatcherOptions {
  // Requests of a connection that wait for their answers. Its socket is not read while there are as
  // many; more that have come by then are told budget_exceeded.
  std::size_t unanswered_max = 1024;
  // Of a request that names none.
  env::Duration timeout = std::chrono::seconds(30);
};

struct PeerHandlers;

class PeerDispatcher {
 public:
  using OnRequest = std::function<void(PeerRequest, PeerReply)>;
  using OnMessage = std::function<void(PeerRequest)>;

  PeerDispatcher(env::Environment& environment, const PeerIdentity& self,
                 PeerDispatcherOptions options = {});
  ~PeerDispatcher();

  // Handlers run on the core of the connection, on several cores at a time, in the order in which a
  // connection brought the frames. They must not wait. Pre: before sessions(); an api (internal::
  // PeerApi) once.
  void on_request(std::int32_t api_key, OnRequest handler);
  // One way: never answered.
  void on_message(std::int32_t api_key, OnMessage handler);

  // For rpc::Server.
  SessionFactory sessions();

  // From now on requests are refused with shutting_down and answers are dropped; returns when no
  // handler runs any more. Before or after the server's stop.
  Task<void> stop();

 private:
  env::Environment& environment_;
  const std::shared_ptr<PeerHandlers> handlers_;
};

}  // namespace ropewalk::rpc
