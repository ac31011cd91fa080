#include "broker/controller/elections.h"

#include <algorithm>

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using Brokers = std::vector<BrokerId>;

bool contains(const Brokers& list, BrokerId id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}
Brokers without(Brokers list, BrokerId id) {
  std::erase(list, id);
  return list;
}
Brokers with(Brokers list, BrokerId id) {
  if (!contains(list, id)) list.push_back(id);
  return list;
}

PartitionChangeRecord change_of(const TopicId& topic, const Partition& partition) {
  PartitionChangeRecord change;
  change.topic = topic;
  change.index = partition.index;
  return change;
}

// Sets what makes a new leader of the sets as they will be: 6.7's order as far as it is safe.
void choose_leader(const Partition& partition, const Brokers& in_sync, const Brokers& eligible,
                   const std::function<bool(BrokerId)>& may_lead, PartitionChangeRecord& change) {
  for (const BrokerId id : partition.replicas) {
    if (!contains(in_sync, id) || !may_lead(id)) continue;
    change.leader = id;
    return;
  }
  for (const BrokerId id : partition.replicas) {
    if (!contains(eligible, id) || !may_lead(id)) continue;
    change.leader = id;
    change.in_sync = Brokers{id};
    // The last member of the set, which is away, has not missed anything either: below the minimum
    // nothing is committed.
    Brokers others = without(eligible, id);
    for (const BrokerId member : in_sync) others = with(std::move(others), member);
    change.eligible = std::move(others);
    return;
  }
  if (partition.leader != kNoBroker) change.leader = kNoBroker;
}

// Null if it has no replica of the partition.
const DirectoryId* directory_of(const Partition& partition, BrokerId broker) {
  const auto found = std::find(partition.replicas.begin(), partition.replicas.end(), broker);
  if (found == partition.replicas.end()) return nullptr;
  return &partition.directories[static_cast<std::size_t>(found - partition.replicas.begin())];
}

// Calls visit(topic, partition) for the partitions that the broker has a replica of. Changes are
// collected first: adding one ends what the visit looks at.
template <class F>
void add_changes(Batch& batch, BrokerId broker, F&& visit) {
  std::vector<PartitionChangeRecord> changes;
  batch.image().topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
    for (const auto& partition : topic->partitions) {
      if (!contains(partition->replicas, broker)) continue;
      if (auto change = visit(*topic, *partition)) changes.push_back(std::move(*change));
    }
  });
  for (auto& change : changes) batch.add(std::move(change));
}

}  // namespace

std::optional<PartitionChangeRecord> leave_partition(
    const TopicId& topic, const Partition& partition, const Leaving& leaving,
    std::int32_t min_in_sync, const std::function<bool(BrokerId)>& may_lead) {
  const BrokerId broker = leaving.broker;
  const bool in_set = contains(partition.in_sync, broker);
  const bool was_eligible = contains(partition.eligible, broker);
  if (!in_set && (!was_eligible || leaving.keeps_eligible)) return std::nullopt;

  PartitionChangeRecord change = change_of(topic, partition);
  const bool last_member = in_set && partition.in_sync.size() == 1;
  // The last member stays, it is all there is; unless what it has may not be whole and others
  // could have more.
  if (last_member && (leaving.keeps_eligible || partition.replicas.size() == 1)) {
    if (partition.leader != broker) return std::nullopt;
    change.leader = kNoBroker;
    return change;
  }
  const Brokers in_sync = without(partition.in_sync, broker);
  Brokers eligible = without(partition.eligible, broker);
  // Rule 8: as long as there are enough members, what others have is of no interest.
  Brokers last_known = partition.last_known_eligible;
  if (static_cast<std::int32_t>(in_sync.size()) >= min_in_sync) {
    eligible.clear();
    last_known.clear();
  } else if (leaving.keeps_eligible) {
    eligible = with(std::move(eligible), broker);
  } else {
    last_known = with(std::move(last_known), broker);
  }
  if (in_set) change.in_sync = in_sync;
  if (eligible != partition.eligible) change.eligible = eligible;
  if (last_known != partition.last_known_eligible) change.last_known_eligible = last_known;
  if (partition.leader == broker) choose_leader(partition, in_sync, eligible, may_lead, change);
  return change;
}

std::optional<PartitionChangeRecord> elect(const TopicId& topic, const Partition& partition,
                                           const std::function<bool(BrokerId)>& may_lead) {
  PartitionChangeRecord change = change_of(topic, partition);
  choose_leader(partition, partition.in_sync, partition.eligible, may_lead, change);
  if (!change.leader || *change.leader == kNoBroker) return std::nullopt;
  return change;
}

bool offers_replica(const Image& image, const Partition& partition, BrokerId broker) {
  const auto* known = image.broker(broker);
  const DirectoryId* directory = directory_of(partition, broker);
  return known && directory &&
         std::find(known->directories.begin(), known->directories.end(), *directory) !=
             known->directories.end();
}

bool is_active(const Image& image, BrokerId broker) {
  const auto* known = image.broker(broker);
  return known && !known->fenced && !known->in_controlled_shutdown;
}

namespace {

std::optional<PartitionChangeRecord> leave_to_others(const Image& image,
                                                     const metadata::Topic& topic,
                                                     const Partition& partition,
                                                     const Leaving& leaving) {
  const auto settings = metadata::effective_settings(image, topic);
  return leave_partition(topic.id, partition, leaving,
                         metadata::effective_min_in_sync(settings, partition), [&](BrokerId id) {
                           return id != leaving.broker && is_active(image, id) &&
                                  offers_replica(image, partition, id);
                         });
}

}  // namespace

void leave_all(Batch& batch, BrokerId broker,
               const std::function<bool(const TopicPartition&, const Partition&)>& keeps_eligible) {
  add_changes(batch, broker, [&](const metadata::Topic& topic, const Partition& partition) {
    const TopicPartition id{topic.id, partition.index.value()};
    return leave_to_others(batch.image(), topic, partition,
                           {broker, keeps_eligible(id, partition)});
  });
}

void leave_directories(Batch& batch, BrokerId broker, const std::vector<DirectoryId>& lost) {
  add_changes(batch, broker,
              [&](const metadata::Topic& topic,
                  const Partition& partition) -> std::optional<PartitionChangeRecord> {
                const DirectoryId& directory = *directory_of(partition, broker);
                if (std::find(lost.begin(), lost.end(), directory) == lost.end())
                  return std::nullopt;
                return leave_to_others(batch.image(), topic, partition,
                                       {.broker = broker, .keeps_eligible = false});
              });
}

void leave_damaged(Batch& batch, BrokerId broker, const TopicPartition& id) {
  const Image& image = batch.image();
  auto change = leave_to_others(image, *image.topic(id.topic), *image.partition(id),
                                {.broker = broker, .keeps_eligible = false});
  if (change) batch.add(std::move(*change));
}

void elect_where_leaderless(Batch& batch, BrokerId broker,
                            const std::function<bool(BrokerId)>& may_lead) {
  add_changes(batch, broker,
              [&](const metadata::Topic& topic,
                  const Partition& partition) -> std::optional<PartitionChangeRecord> {
                if (partition.leader != kNoBroker) return std::nullopt;
                return elect(topic.id, partition, [&](BrokerId id) {
                  return may_lead(id) && offers_replica(batch.image(), partition, id);
                });
              });
}

}  // namespace ropewalk::controller
