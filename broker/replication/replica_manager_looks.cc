// What a broker's replicas are like, for people and their monitors.
#include <algorithm>

#include "broker/log/disk_failure.h"
#include "broker/replication/replica_manager.h"
#include "common/env/crossing.h"

namespace ropewalk::replication {
namespace {

constexpr telemetry::Family kReplicas{
    "ropewalk_replicas",
    "Replicas on this broker by how they are: open, opening, failed (they serve no more until the "
    "broker starts again), damaged (their files do not check)."};
constexpr telemetry::Family kLeaders{"ropewalk_leaders", "Partitions that this broker leads."};
constexpr telemetry::Family kCatchUpBytes{
    "ropewalk_catch_up_bytes_total",
    "Bytes that replicas here took from their leaders while they were not in sync."};
constexpr telemetry::Family kLag{
    "ropewalk_replica_lag_records",
    "Committed records that the followers on this broker lacked when their leaders last told, over "
    "all of them."};
constexpr telemetry::Family kLagMax{"ropewalk_replica_lag_max_records",
                                    "The same of the follower that lacked the most."};

}  // namespace

Task<std::vector<DirectoryState>> ReplicaManager::directories() {
  std::vector<DirectoryState> states;
  co_await env::on(home_, list_directories(states));
  co_return states;
}

Task<void> ReplicaManager::list_directories(std::vector<DirectoryState>& into) const {
  for (log::LogDirectory* const directory : directories_)
    into.push_back({.id = directory->meta().directory,
                    .path = directory->files().name(),
                    .failure = directory->failure(),
                    .space = directory->space().last_seen()});
  co_return;
}

void ReplicaManager::show(telemetry::Page& page) const {
  std::uint64_t open = 0, opening = 0, failed = 0, damaged = 0, leaders = 0;
  std::uint64_t lag = 0, lag_max = 0;
  for (const auto& [id, replica] : replicas_) {
    const auto standing =
        replica.partition ? replica.partition->standing() : Partition::Standing::idle;
    if (standing == Partition::Standing::failed)
      failed++;
    else if (replica.partition)
      open++;
    else if (!replica.failure)
      opening++;
    else
      (is_damage(*replica.failure) ? damaged : failed)++;
    if (standing == Partition::Standing::leading) leaders++;
    if (standing != Partition::Standing::following) continue;
    const auto lacking = static_cast<std::uint64_t>(replica.partition->lag());
    lag += lacking;
    lag_max = std::max(lag_max, lacking);
  }
  page.gauge(kReplicas, {{"state", "open"}}, open);
  page.gauge(kReplicas, {{"state", "opening"}}, opening);
  page.gauge(kReplicas, {{"state", "failed"}}, failed);
  page.gauge(kReplicas, {{"state", "damaged"}}, damaged);
  page.gauge(kLeaders, {}, leaders);
  page.counter(kCatchUpBytes, {}, catch_up_.paid_bytes());
  page.gauge(kLag, {}, lag);
  page.gauge(kLagMax, {}, lag_max);
  metrics_->show(page);
}

}  // namespace ropewalk::replication
