#include "broker/replication/replica_server.h"

#include <utility>

#include "common/env/crossing.h"
#include "common/log.h"
#include "ropewalk/internal/peer.pb.h"

namespace ropewalk::replication {
namespace {

// A follower asks again when its request has waited: one that did not for as long is gone.
constexpr env::Duration kSessionIdleMax = std::chrono::seconds(15);

}  // namespace

ReplicaServer::ReplicaServer(env::Environment& environment, const PartitionTable& partitions,
                             std::shared_ptr<ReplicationMetrics> metrics,
                             ReplicaSessionOptions options)
    : environment_(environment),
      partitions_(partitions),
      metrics_(std::move(metrics)),
      options_(options) {
  for (std::size_t i = 0; i < environment.core_count(); i++)
    cores_.push_back(std::make_unique<OnCore>(environment.core(i)));
}

ReplicaServer::~ReplicaServer() = default;

void ReplicaServer::register_at(rpc::PeerDispatcher& dispatcher) {
  dispatcher.on_request(internal::REPLICA_FETCH,
                        [this](rpc::PeerRequest request, rpc::PeerReply reply) {
                          fetch_came(request, std::move(reply));
                        });
  dispatcher.on_message(internal::REPLICA_PROGRESS,
                        [this](rpc::PeerRequest request) { progress_came(request); });
}

void ReplicaServer::fetch_came(const rpc::PeerRequest& request, rpc::PeerReply reply) {
  OnCore& here = *cores_[environment_.current_core().index()];
  if (here.tasks.stopping()) return reply(fail(Errc::shutting_down, "this broker stops"));
  const auto fetch = decode_fetch(request.body.span());
  if (!fetch) return reply(fail(fetch.error()));
  const auto known = here.sessions.find(request.peer.broker);
  std::shared_ptr<ReplicaSession> session = known == here.sessions.end() ? nullptr : known->second;
  const bool is_same = session && session->id() == fetch->session &&
                       session->follower().incarnation == request.peer.incarnation;
  if (!is_same && fetch->sequence != 0)
    return reply(fail(Errc::invalid_fetch_session_epoch, "there is no such session here"));
  if (!is_same) {
    if (session) session->end({Errc::invalid_fetch_session_epoch, "another session has begun"});
    session = std::make_shared<ReplicaSession>(environment_, partitions_, here.tasks, metrics_,
                                               request.peer, fetch->session, options_);
    here.sessions[request.peer.broker] = session;
  }
  session->ask(*fetch, std::move(reply));
  sweep(here);
}

void ReplicaServer::progress_came(const rpc::PeerRequest& request) {
  const auto progress = decode_progress(request.body.span());
  if (!progress)
    return malformed_.warn(environment_.now().time_since_epoch(),
                           "what broker {} says of its replicas is not read: {}",
                           request.peer.broker, progress.error());
  for (const ReplicaProgress& one : *progress) {
    const auto partition = partitions_.find(one.id);
    if (!partition) continue;
    (*partition)
        ->follower_progressed({.follower = request.peer.broker,
                               .leader_epoch = one.leader_epoch,
                               .generation = one.ends.generation,
                               .log_end = one.ends.log_end,
                               .durable_end = one.ends.durable_end,
                               .incarnation = request.peer.incarnation});
  }
}

void ReplicaServer::sweep(OnCore& here) {
  if (std::exchange(here.sweeping, true)) return;
  here.tasks.spawn("replica sessions", end_idle(here, environment_.current_core()));
}

Task<void> ReplicaServer::end_idle(OnCore& here, env::Core& core) {
  while (!here.sessions.empty()) {
    const bool slept = co_await core.sleep_until(environment_.now() + kSessionIdleMax);
    if (!slept) co_return;
    std::erase_if(here.sessions, [this](const auto& entry) {
      if (entry.second->last_asked() + kSessionIdleMax > environment_.now()) return false;
      entry.second->end({Errc::invalid_fetch_session_epoch, "the session was idle"});
      return true;
    });
  }
  here.sweeping = false;
}

Task<void> ReplicaServer::end_all(OnCore& here) {
  for (const auto& [broker, session] : here.sessions)
    session->end({Errc::shutting_down, "this broker stops"});
  co_await here.tasks.stop();
  here.sessions.clear();
}

Task<void> ReplicaServer::stop() {
  for (std::size_t i = 0; i < cores_.size(); i++)
    co_await env::on(environment_.core(i), end_all(*cores_[i]));
}

}  // namespace ropewalk::replication
