// What a listener makes of one connection: a Session takes its frames, an Outbox takes the replies.
//
// Both are used on the connection's core only. A request that completes elsewhere posts its reply
// to that core first.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/env/core.h"
#include "common/env/network.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::rpc {

// Held by the session and by its pending requests (as weak_ptr or shared_ptr): a reply to a
// connection that is gone is dropped without a word.
class Outbox {
 public:
  virtual ~Outbox() = default;
  // One whole reply frame, with its length. Leaves with all others that are ready, in the order of
  // these calls.
  virtual void send(std::vector<env::Chunk> frame) = 0;
  // Reads nothing more; closes once everything sent before has left. `why` is logged and counted,
  // unless it is Errc::none: that is how the conversation was to end.
  virtual void close_after_sending(Error why) = 0;
  // Memory in replies that the peer has not taken yet: file ranges aside.
  virtual std::size_t held_bytes() const = 0;
  // Whether all connections together hold so much of it that this one gets no more. Who is told so
  // sends its peer away, and others may be closed for it who take nothing.
  virtual bool answers_are_full() = 0;
  // While it is held nothing more is read: for a session that has requests enough to serve. What
  // was read already still comes.
  virtual void hold_reading(bool hold) = 0;
  virtual env::Core& core() = 0;
  // As of env::Connection.
  virtual std::string peer_name() const { return {}; }
};

class Session {
 public:
  virtual ~Session() = default;
  // All whole frames of one read, in order, without their lengths: what is done for all of them can
  // be done once. Where the server does not frame, what one read brought.
  virtual void on_frames(std::span<const SharedBytes> frames) = 0;
  // The bytes that follow are no frames (malformed_frame, frame_too_large). The session may still
  // send; the connection closes after that.
  virtual void on_broken(const Error& error) = 0;
  // Since when the peer owes the rest of what it has begun: to say who it is, a request. Nothing:
  // it may go on as it likes. on_broken() is called when it takes too long.
  virtual std::optional<env::MonotonicTime> owes_since() const = 0;
  // Whether the peer may be anybody still: then it may not begin a large request.
  virtual bool is_stranger() const { return owes_since().has_value(); }
  // Whether requests wait for their answers: the connection is not idle then.
  virtual bool is_busy() const = 0;
  // The connection is gone. Nothing more is called.
  virtual void on_closed() = 0;
};

struct Accepted {
  env::Core& core;
  env::Endpoint local;  // The address that the peer reached.
  env::Endpoint remote;
  std::weak_ptr<Outbox> outbox;
};
// Called on the connection's core.
using SessionFactory = std::function<std::unique_ptr<Session>(const Accepted&)>;

}  // namespace ropewalk::rpc
