#include "broker/controller/last_resort.h"

#include <algorithm>
#include <utility>

#include "broker/controller/directory_loads.h"
#include "broker/controller/elections.h"
#include "broker/controller/homes.h"

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using metadata::ReplicaEnd;
using metadata::UncleanCause;
using Brokers = std::vector<BrokerId>;

bool is_synced(const Partition& partition) {
  return partition.durability == metadata::Durability::synced;
}

// Null if nothing is known of the broker's.
const ReplicaEnd* end_of(const Partition& partition, BrokerId broker) {
  const auto& ids = partition.last_known_eligible;
  const auto found = std::ranges::find(ids, broker);
  if (found == ids.end()) return nullptr;
  return &partition.last_known_ends[static_cast<std::size_t>(found - ids.begin())];
}

std::pair<LeaderEpoch, Offset> reach_of(const ReplicaEnd& end) {
  return {end.last_epoch, end.log_end};
}

// In the order of preference the first of the best; of those that were in sync last, and are there.
std::optional<BrokerId> best_known(const Image& image, const Partition& partition) {
  const ReplicaEnd* best = nullptr;
  std::optional<BrokerId> chosen;
  for (const BrokerId id : partition.replicas) {
    const ReplicaEnd* end = end_of(partition, id);
    if (!end || end->damaged || !may_lead(image, partition, id)) continue;
    if (best && reach_of(*end) <= reach_of(*best)) continue;
    best = end;
    chosen = id;
  }
  return chosen;
}

// Of the others: nothing is known of what they have, but those that are being added have least.
std::optional<BrokerId> first_unknown(const Image& image, const Partition& partition) {
  std::optional<BrokerId> added;
  for (const BrokerId id : partition.replicas) {
    if (end_of(partition, id) || !may_lead(image, partition, id)) continue;
    if (std::ranges::find(partition.adding, id) == partition.adding.end()) return id;
    if (!added) added = id;
  }
  return added;
}

// The disks of all that had anything are gone.
std::optional<BrokerId> first_homeless(const Image& image, const Partition& partition) {
  const auto found = std::ranges::find_if(partition.replicas, [&](BrokerId id) {
    return is_active(image, id) && is_homeless(image, partition, id);
  });
  if (found == partition.replicas.end()) return std::nullopt;
  return *found;
}

std::vector<DirectoryId> with_home(const Image& image, const Partition& partition,
                                   BrokerId broker) {
  DirectoryLoads loads = count_directories(image);
  std::vector<DirectoryId> directories = partition.directories;
  const auto at = std::ranges::find(partition.replicas, broker) - partition.replicas.begin();
  directories[static_cast<std::size_t>(at)] = take_directory(image, broker, loads);
  return directories;
}

PartitionChangeRecord leader_alone(const TopicPartition& id, BrokerId leader) {
  PartitionChangeRecord change;
  change.topic = id.topic;
  change.index = PartitionId(id.partition);
  change.leader = leader;
  change.in_sync = Brokers{leader};
  return change;
}

// R5 lets others truncate below their high watermarks after it.
void record_unclean(UncleanCause cause, PartitionChangeRecord& change) {
  change.eligible = Brokers{};
  change.last_known_eligible = Brokers{};
  change.recovery = metadata::Recovery::recovering;
  change.unclean = true;
  change.unclean_cause = cause;
}

// It has lost nothing that counts in a synced topic; the others stay what they are.
void forget(const Partition& partition, BrokerId leader, std::int32_t min_in_sync,
            PartitionChangeRecord& change) {
  Brokers left;
  for (std::size_t i = 0; i < partition.last_known_eligible.size() && min_in_sync > 1; i++) {
    if (partition.last_known_eligible[i] == leader) continue;
    left.push_back(partition.last_known_eligible[i]);
    change.last_known_ends.push_back(partition.last_known_ends[i]);
  }
  change.last_known_eligible = std::move(left);
}

}  // namespace

bool is_lost(const Partition& partition) {
  return partition.leader == kNoBroker && partition.in_sync.empty() && partition.eligible.empty() &&
         !partition.last_known_eligible.empty();
}

bool waits_for_others(const Image& image, const Partition& partition) {
  return is_lost(partition) && !is_synced(partition) &&
         std::ranges::any_of(partition.last_known_eligible,
                             [&](BrokerId id) { return is_active(image, id); });
}

std::optional<PartitionChangeRecord> recover(const Image& image, const TopicPartition& id,
                                             bool wait_is_over) {
  const Partition& partition = *image.partition(id);
  if (!is_lost(partition)) return std::nullopt;
  const bool all_are_back = std::ranges::all_of(
      partition.last_known_eligible, [&](BrokerId member) { return is_active(image, member); });
  if (!all_are_back && (!wait_is_over || is_synced(partition))) return std::nullopt;
  const auto best = best_known(image, partition);
  if (!best) return std::nullopt;
  PartitionChangeRecord change = leader_alone(id, *best);
  if (!is_synced(partition)) {
    record_unclean(all_are_back ? UncleanCause::all_are_back : UncleanCause::wait_is_over, change);
  } else if (end_of(partition, *best)->cut) {
    record_unclean(UncleanCause::tail_was_cut, change);
  } else {
    forget(partition, *best, min_in_sync_of(image, *image.topic(id.topic), partition), change);
  }
  return change;
}

std::optional<PartitionChangeRecord> elect_uncleanly(const Image& image, const TopicPartition& id,
                                                     UncleanCause cause) {
  const Partition& partition = *image.partition(id);
  auto leader = best_known(image, partition);
  if (!leader) leader = first_unknown(image, partition);
  // Nobody has anything: only who asks in so many words gets an empty partition.
  const bool begins_empty = !leader && cause == UncleanCause::was_asked_for;
  if (begins_empty) leader = first_homeless(image, partition);
  if (!leader) return std::nullopt;
  PartitionChangeRecord change = leader_alone(id, *leader);
  if (begins_empty) change.directories = with_home(image, partition, *leader);
  record_unclean(cause, change);
  return change;
}

}  // namespace ropewalk::controller
