// One accepted connection of another broker. On the connection's core.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "broker/rpc/peer_dispatcher.h"
#include "broker/rpc/session.h"
#include "common/wire/frame.h"

namespace ropewalk::rpc {

// What all sessions of a dispatcher share. Only `stopped` changes while there are any.
struct PeerHandlers {
  struct Handler {  // One of both.
    PeerDispatcher::OnRequest request;
    PeerDispatcher::OnMessage message;
  };

  env::Environment& environment;
  const PeerIdentity self;
  const PeerDispatcherOptions options;
  std::map<std::int32_t, Handler> by_api;
  std::atomic<bool> stopped{false};
};

class PeerSession final : public Session {
 public:
  PeerSession(std::shared_ptr<const PeerHandlers> handlers, const Accepted& accepted);
  ~PeerSession() override;

  void on_frames(std::span<const SharedBytes> frames) override;
  void on_broken(const Error& error) override;
  std::optional<env::MonotonicTime> owes_since() const override;
  bool is_busy() const override;
  void on_closed() override {}

 private:
  struct Answering;
  class Pending;

  Result<void> serve(const wire::RequestFrame& request);
  Result<void> greet(const wire::RequestFrame& request);
  void start(const wire::RequestFrame& request, const PeerHandlers::Handler& handler);
  PeerRequest request_of(const wire::RequestFrame& request) const;
  // The rest of what arrives cannot be served.
  void break_off(std::int64_t correlation_id, const Error& error);

  const std::shared_ptr<const PeerHandlers> handlers_;
  env::Core& core_;
  const env::MonotonicTime made_;
  const std::shared_ptr<Answering> answering_;
  std::optional<PeerIdentity> peer_;  // Once it has said so.
  bool broken_ = false;
};

}  // namespace ropewalk::rpc
