#include "broker/rpc/peer_dispatcher.h"

#include <utility>

#include "broker/rpc/peer_session.h"
#include "common/env/crossing.h"
#include "ropewalk/internal/peer.pb.h"

namespace ropewalk::rpc {
namespace {

Task<void> nothing() { co_return; }

void add(PeerHandlers& handlers, std::int32_t api_key, PeerHandlers::Handler handler) {
  const bool ours = api_key == internal::PEER_HELLO || api_key == internal::PEER_PING;
  const bool added = handlers.by_api.emplace(api_key, std::move(handler)).second;
  ENSURE(added && !ours, "a second handler for api {}", api_key);
}

}  // namespace

PeerDispatcher::PeerDispatcher(env::Environment& environment, const PeerIdentity& self,
                               PeerDispatcherOptions options)
    : environment_(environment),
      handlers_(std::make_shared<PeerHandlers>(environment, self, options)) {}

PeerDispatcher::~PeerDispatcher() { handlers_->stopped.store(true, std::memory_order_release); }

void PeerDispatcher::on_request(std::int32_t api_key, OnRequest handler) {
  add(*handlers_, api_key, {.request = std::move(handler), .message = nullptr});
}

void PeerDispatcher::on_message(std::int32_t api_key, OnMessage handler) {
  add(*handlers_, api_key, {.request = nullptr, .message = std::move(handler)});
}

SessionFactory PeerDispatcher::sessions() {
  return [handlers = handlers_](const Accepted& accepted) -> std::unique_ptr<Session> {
    return std::make_unique<PeerSession>(handlers, accepted);
  };
}

Task<void> PeerDispatcher::stop() {
  handlers_->stopped.store(true, std::memory_order_release);
  for (std::size_t index = 0; index < environment_.core_count(); index++)
    co_await env::on(environment_.core(index), nothing());
}

}  // namespace ropewalk::rpc
