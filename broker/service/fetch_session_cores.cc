#include "broker/service/fetch_session_cores.h"

#include <algorithm>
#include <utility>

#include "broker/service/service_metrics.h"
#include "common/env/environment.h"

namespace ropewalk::service {
namespace {

// Adds to the metrics what changes in the sessions of a core while it lives.
class Watch {
 public:
  Watch(ServiceMetrics& metrics, const FetchSessions& sessions)
      : metrics_(metrics),
        sessions_(sessions),
        count_(sessions.count()),
        partitions_(sessions.partitions()),
        evicted_(sessions.evicted()) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    metrics_.fetch_sessions.moved(count_, sessions_.count());
    metrics_.fetch_session_partitions.moved(partitions_, sessions_.partitions());
    if (const auto more = sessions_.evicted() - evicted_) metrics_.fetch_sessions_evicted.add(more);
  }

 private:
  ServiceMetrics& metrics_;
  const FetchSessions& sessions_;
  const std::size_t count_;
  const std::size_t partitions_;
  const std::uint64_t evicted_;
};

// What of `all` a core gets, so that the cores get all of it together.
std::size_t share_of_core(std::size_t all, std::size_t core, std::size_t cores) {
  return all / cores + (core < all % cores ? 1 : 0);
}

}  // namespace

FetchSessionCores::FetchSessionCores(const Parts& parts) : parts_(parts) {
  const std::size_t cores = parts.environment.core_count();
  for (std::size_t core = 0; core < cores; core++) {
    FetchSessions::Options options;
    options.sessions_max = share_of_core(parts.limits.fetch_sessions_max, core, cores);
    options.bytes_max = share_of_core(parts.limits.fetch_session_bytes_max, core, cores);
    options.core = core;
    options.cores = cores;
    of_core_.push_back(std::make_unique<OfCore>(
        options, parts.environment.random(fmt::format("fetch-sessions-{}", core))));
  }
}

FetchSessionCores::OfCore& FetchSessionCores::here() {
  return *of_core_[parts_.environment.current_core().index()];
}

Result<FetchTurn> FetchSessionCores::begin(const std::shared_ptr<const security::Caller>& caller,
                                           FetchRequest& request) {
  OfCore& core = here();
  const Watch watch(parts_.metrics, core.sessions);
  if (const auto known = core.looks.find(request.session_id); known != core.looks.end()) {
    for (const std::uint32_t slot : known->second->take_moved())
      core.sessions.moved(request.session_id, slot);
  }
  auto turn = core.sessions.begin(caller, request, parts_.environment.now());
  end_watches(core);
  if (!turn) return std::unexpected(std::move(turn).error());
  auto looks = looks_for(core, *turn);
  return FetchTurn{.turn = std::move(*turn), .looks = std::move(looks)};
}

std::shared_ptr<PartitionLooks> FetchSessionCores::looks_for(OfCore& core,
                                                             const FetchSessions::Turn& turn) {
  env::Core& current = parts_.environment.current_core();
  if (turn.session_id == 0)
    return std::make_shared<PartitionLooks>(current, turn.partitions.size());
  auto& looks = core.looks[turn.session_id];
  if (looks && turn.watches_anew) looks->unwatch();
  if (!looks || turn.watches_anew) looks = std::make_shared<PartitionLooks>(current, 0);
  for (const std::uint32_t slot : turn.forgotten) looks->unwatch(slot);
  return looks;
}

void FetchSessionCores::end_watches(OfCore& core) {
  for (const std::int32_t session : core.sessions.take_ended()) {
    const auto ended = core.looks.find(session);
    if (ended == core.looks.end()) continue;
    ended->second->unwatch();
    core.looks.erase(ended);
  }
}

void FetchSessionCores::end(const std::shared_ptr<const security::Caller>& caller,
                            FetchSessions::Turn turn, FetchResponse& response) {
  OfCore& core = here();
  const Watch watch(parts_.metrics, core.sessions);
  core.sessions.end(caller, std::move(turn), response, parts_.environment.now());
  end_watches(core);
}

std::optional<SlottedPartition> FetchSessionCores::moved(std::int32_t session_id,
                                                         std::uint32_t slot) {
  return here().sessions.moved(session_id, slot);
}

std::vector<SlottedPartition> FetchSessionCores::wake_all(std::int32_t session_id) {
  return here().sessions.wake_all(session_id);
}

}  // namespace ropewalk::service
