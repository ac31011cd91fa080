#include "broker/controller/shrinking.h"

#include <algorithm>
#include <utility>

#include "broker/controller/elections.h"
#include "broker/metadata/topic_settings.h"

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using Brokers = std::vector<BrokerId>;

Brokers all_but(Brokers list, const Brokers& others) {
  std::erase_if(list, [&](BrokerId id) { return contains(others, id); });
  return list;
}
Brokers only(Brokers list, const Brokers& those) {
  std::erase_if(list, [&](BrokerId id) { return !contains(those, id); });
  return list;
}

std::optional<BrokerId> leader_of(const Image& image, const Partition& before,
                                  const Partition& after) {
  const auto can_lead = [&](BrokerId id) {
    return contains(after.in_sync, id) && may_lead(image, after, id);
  };
  if (before.leader != kNoBroker && can_lead(before.leader)) return before.leader;
  const auto first = std::ranges::find_if(after.replicas, can_lead);
  if (first == after.replicas.end()) return std::nullopt;
  return *first;
}

}  // namespace

std::vector<BrokerId> wanted_replicas(const Partition& partition) {
  return all_but(partition.replicas, partition.removing);
}

std::vector<BrokerId> original_replicas(const Partition& partition) {
  return all_but(partition.replicas, partition.adding);
}

Partition with_replicas(const Partition& partition, std::vector<BrokerId> replicas) {
  Partition after = partition;
  after.directories.clear();
  for (const BrokerId id : replicas) {
    const auto at = std::ranges::find(partition.replicas, id) - partition.replicas.begin();
    after.directories.push_back(partition.directories[static_cast<std::size_t>(at)]);
  }
  after.in_sync = only(partition.in_sync, replicas);
  after.eligible = only(partition.eligible, replicas);
  after.last_known_eligible.clear();
  after.last_known_ends.clear();
  for (std::size_t i = 0; i < partition.last_known_eligible.size(); i++) {
    if (!contains(replicas, partition.last_known_eligible[i])) continue;
    after.last_known_eligible.push_back(partition.last_known_eligible[i]);
    after.last_known_ends.push_back(partition.last_known_ends[i]);
  }
  after.replicas = std::move(replicas);
  after.adding.clear();
  after.removing.clear();
  return after;
}

std::optional<PartitionChangeRecord> change_to(const Image& image, const TopicPartition& id,
                                               const Partition& before, const Partition& after) {
  const auto leader = leader_of(image, before, after);
  if (!leader) return std::nullopt;
  const auto settings = metadata::effective_settings(image, *image.topic(id.topic));
  const std::int32_t minimum = metadata::effective_min_in_sync(settings, after);
  const bool enough = static_cast<std::int32_t>(after.in_sync.size()) >= minimum;
  // R3: whatever changes the minimum clears the eligible set.
  const bool keeps = !enough && minimum == metadata::effective_min_in_sync(settings, before);
  PartitionChangeRecord change = change_of(id.topic, before);
  change.replicas = after.replicas;
  change.directories = after.directories;
  change.in_sync = after.in_sync;
  change.adding = after.adding;
  change.removing = after.removing;
  change.leader = leader;
  change.eligible = keeps ? after.eligible : Brokers{};
  change.last_known_eligible = enough ? Brokers{} : after.last_known_eligible;
  if (!enough) change.last_known_ends = after.last_known_ends;
  return change;
}

}  // namespace ropewalk::controller
