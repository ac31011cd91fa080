// Connections to other brokers, of one core: who wants to tell or ask a broker something does it
// here.
//
// Made, used and stopped on that core. There is one connection for each address as it is given
// (endpoint, and whom the caller expects there). It is made when it is first needed and kept; one
// that nobody uses costs a socket and no time. One that has carried nothing to the other side for a
// while although something was sent is given up.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "broker/rpc/peer_identity.h"
#include "common/bytes.h"
#include "common/env/environment.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/env/task_group.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::rpc {

struct PeerLinkOptions {
  env::Duration connect_timeout = std::chrono::seconds(2);  // With the hellos.
  // Between attempts to connect; doubles with each that fails.
  env::Duration backoff_least = std::chrono::milliseconds(50);
  env::Duration backoff_most = std::chrono::seconds(1);
  // While something is sent, and once behind the last of it, the other side is pinged so often, and
  // must answer within silence_max.
  env::Duration ping_every = std::chrono::seconds(1);
  env::Duration silence_max = std::chrono::seconds(3);
  std::size_t unsent_bytes_max = 16 << 20;   // Of a link. What came before is let out first.
  std::size_t frame_bytes_max = 100 << 20;   // Either way.
  std::size_t answer_bytes_max = 256 << 20;  // Large answers that are coming, of all links.
  std::size_t calls_max = 1024;              // Without an answer, of a link.
  std::size_t links_max = 1000;
  env::ConnectionOptions connection;
  // Somebody answered that nobody listens there. The broker is the one that the address names, else
  // the one that was met there last, else kNoBroker. Told at each such attempt: those to send
  // something, and the one that is made at once when a connection breaks.
  std::function<void(BrokerId, const env::Endpoint&)> on_refused = nullptr;
  // A hello was answered as it should.
  std::function<void(const PeerIdentity&, const env::Endpoint&)> on_connected = nullptr;
};

struct PeerLinkCounts {
  std::uint64_t connected = 0;  // Hellos that were answered as they should.
  std::uint64_t failed = 0;     // Attempts to connect that came to nothing; refused ones too.
  std::uint64_t refused = 0;
  std::uint64_t dropped = 0;  // Messages that were never written.
};

struct PeerLinkShared;
class PeerLink;

class PeerLinks {
 public:
  // `environment` outlives it.
  PeerLinks(env::Environment& environment, env::Core& core, const PeerIdentity& self,
            PeerLinkOptions options);
  ~PeerLinks();

  // Makes the connection without anything to say, if there is none: whoever is not there is told of
  // as refused.
  void connect(const PeerAddress& to);

  // A message: one way, best effort, never waits. It is dropped while too much is unsent, when the
  // attempt to connect fails, and with a connection that breaks. What arrives of one connection is
  // in order and comes once; what an old connection still held may arrive behind what a new one
  // brought.
  void send(const PeerAddress& to, std::int32_t api_key, SharedBytes body);

  // A request. The body of its answer, or an error: the other broker's; those of connecting
  // (connection_refused, not_found, request_timed_out, and of the hellos: wrong_owner,
  // inconsistent_cluster_id, unsupported_version, ...); budget_exceeded or message_too_large
  // (nothing was sent); request_timed_out at the deadline; closed, when the connection ended before
  // the answer had come: whether the request was carried out is not known; shutting_down (this was
  // stopped); cancelled (the caller).
  Task<Result<SharedBytes>> call(PeerAddress to, std::int32_t api_key, SharedBytes body,
                                 env::MonotonicTime deadline);

  // That address is of no interest any more: its connection is closed, and nobody looks what became
  // of the broker.
  void close(const PeerAddress& to);

  const PeerLinkCounts& counts() const;

  // Closes everything, ends the calls and refuses new ones.
  Task<void> stop();

 private:
  std::shared_ptr<PeerLink> link_to(const PeerAddress& to);
  bool make_room();

  const std::unique_ptr<PeerLinkShared> shared_;
  std::map<PeerAddress, std::shared_ptr<PeerLink>> links_;
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::rpc
