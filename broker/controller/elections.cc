#include "broker/controller/elections.h"

#include <algorithm>

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using metadata::ReplicaEnd;
using Brokers = std::vector<BrokerId>;

Brokers without(Brokers list, BrokerId id) {
  std::erase(list, id);
  return list;
}
Brokers with(Brokers list, BrokerId id) {
  if (!contains(list, id)) list.push_back(id);
  return list;
}

// The sets as they will be.
struct Sets {
  Brokers in_sync;
  Brokers eligible;
  std::int32_t min_in_sync = 1;
};

// Sets what makes a new leader: 6.7's order as far as it is safe.
void choose_leader(const Partition& partition, const Sets& sets,
                   const std::function<bool(BrokerId)>& can_lead, PartitionChangeRecord& change) {
  for (const BrokerId id : partition.replicas) {
    if (!contains(sets.in_sync, id) || !can_lead(id)) continue;
    change.leader = id;
    return;
  }
  for (const BrokerId id : partition.replicas) {
    if (!contains(sets.eligible, id) || !can_lead(id)) continue;
    change.leader = id;
    change.in_sync = Brokers{id};
    // The last member of the set, which is away, has not missed anything either: below the minimum
    // nothing is committed.
    Brokers others = without(sets.eligible, id);
    for (const BrokerId member : sets.in_sync) others = with(std::move(others), member);
    if (sets.min_in_sync <= 1) {
      others.clear();
      change.last_known_eligible = Brokers{};
      change.last_known_ends.clear();
    }
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

// Remembers what the broker has, and what it had lost before.
void remember(const Partition& partition, BrokerId broker, ReplicaEnd end,
              PartitionChangeRecord& change) {
  Brokers ids = partition.last_known_eligible;
  std::vector<ReplicaEnd> ends = partition.last_known_ends;
  const auto known = std::ranges::find(ids, broker);
  if (known == ids.end()) {
    ids.push_back(broker);
    ends.push_back(end);
  } else {
    ReplicaEnd& old = ends[static_cast<std::size_t>(known - ids.begin())];
    end.cut |= old.cut;
    end.damaged |= old.damaged;
    old = end;
  }
  if (ids == partition.last_known_eligible && ends == partition.last_known_ends) return;
  change.last_known_eligible = std::move(ids);
  change.last_known_ends = std::move(ends);
}

bool changes_anything(const PartitionChangeRecord& change) {
  return change.leader || change.in_sync || change.eligible || change.last_known_eligible;
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

bool contains(const Brokers& list, BrokerId id) {
  return std::ranges::find(list, id) != list.end();
}

std::int32_t min_in_sync_of(const Image& image, const metadata::Topic& topic,
                            const Partition& partition) {
  return metadata::effective_min_in_sync(metadata::effective_settings(image, topic), partition);
}

PartitionChangeRecord change_of(const TopicId& topic, const Partition& partition) {
  PartitionChangeRecord change;
  change.topic = topic;
  change.index = partition.index;
  return change;
}

std::optional<PartitionChangeRecord> leave_partition(
    const TopicId& topic, const Partition& partition, const Leaving& leaving,
    std::int32_t min_in_sync, const std::function<bool(BrokerId)>& can_lead) {
  const BrokerId broker = leaving.broker;
  const bool in_set = contains(partition.in_sync, broker);
  const bool was_eligible = contains(partition.eligible, broker);
  const bool was_known = contains(partition.last_known_eligible, broker);
  if (!in_set && !leaving.lost) return std::nullopt;
  if (!in_set && !was_eligible && !was_known) return std::nullopt;

  PartitionChangeRecord change = change_of(topic, partition);
  const bool last_member = in_set && partition.in_sync.size() == 1;
  // The last member stays, it is all there is; unless what it has may not be whole and others
  // could have more.
  if (last_member && (!leaving.lost || partition.replicas.size() == 1)) {
    if (partition.leader != broker) return std::nullopt;
    change.leader = kNoBroker;
    return change;
  }
  Sets sets{without(partition.in_sync, broker), without(partition.eligible, broker), min_in_sync};
  if (static_cast<std::int32_t>(sets.in_sync.size()) >= min_in_sync) {
    // Rule 8: as long as there are enough members, what others have is of no interest.
    sets.eligible.clear();
    if (!partition.last_known_eligible.empty()) change.last_known_eligible = Brokers{};
  } else if (leaving.lost) {
    remember(partition, broker, *leaving.lost, change);
  } else {
    sets.eligible = with(std::move(sets.eligible), broker);
  }
  if (in_set) change.in_sync = sets.in_sync;
  if (sets.eligible != partition.eligible) change.eligible = sets.eligible;
  if (partition.leader == broker) choose_leader(partition, sets, can_lead, change);
  if (!changes_anything(change)) return std::nullopt;
  return change;
}

std::optional<PartitionChangeRecord> elect(const TopicId& topic, const Partition& partition,
                                           std::int32_t min_in_sync,
                                           const std::function<bool(BrokerId)>& can_lead) {
  PartitionChangeRecord change = change_of(topic, partition);
  choose_leader(partition, {partition.in_sync, partition.eligible, min_in_sync}, can_lead, change);
  if (!change.leader || *change.leader == kNoBroker) return std::nullopt;
  return change;
}

Result<PartitionChangeRecord> elect_preferred(const Image& image, const TopicPartition& id,
                                              const Partition& partition) {
  const BrokerId first = partition.replicas.front();
  if (partition.leader == first)
    return fail(Errc::election_not_needed, "partition {}: led by {} already", id, first);
  const bool in_sync = contains(partition.in_sync, first);
  if (!in_sync || !may_lead(image, partition, first))
    return fail(Errc::preferred_leader_not_available, "partition {}: broker {} is {}", id, first,
                in_sync ? "not there" : "not in sync");
  PartitionChangeRecord change = change_of(id.topic, partition);
  change.leader = first;
  return change;
}

bool is_active(const Image& image, BrokerId broker) {
  const auto* known = image.broker(broker);
  return known && !known->fenced && !known->in_controlled_shutdown;
}

bool offers_replica(const Image& image, const Partition& partition, BrokerId broker) {
  const auto* known = image.broker(broker);
  const DirectoryId* directory = directory_of(partition, broker);
  return known && directory &&
         std::find(known->directories.begin(), known->directories.end(), *directory) !=
             known->directories.end();
}

bool may_lead(const Image& image, const Partition& partition, BrokerId broker) {
  return is_active(image, broker) && offers_replica(image, partition, broker);
}

namespace {

std::optional<PartitionChangeRecord> leave_to_others(const Image& image,
                                                     const metadata::Topic& topic,
                                                     const Partition& partition,
                                                     const Leaving& leaving) {
  return leave_partition(
      topic.id, partition, leaving, min_in_sync_of(image, topic, partition),
      [&](BrokerId id) { return id != leaving.broker && may_lead(image, partition, id); });
}

}  // namespace

void leave_all(Batch& batch, BrokerId broker, const Losses& losses) {
  add_changes(batch, broker, [&](const metadata::Topic& topic, const Partition& partition) {
    const TopicPartition id{topic.id, partition.index.value()};
    return leave_to_others(batch.image(), topic, partition, {broker, losses(id, partition)});
  });
}

void leave_all_whole(Batch& batch, BrokerId broker) {
  leave_all(batch, broker, [](const auto&, const auto&) { return std::nullopt; });
}

void leave_directories(Batch& batch, BrokerId broker, const std::vector<DirectoryId>& lost) {
  add_changes(batch, broker,
              [&](const metadata::Topic& topic,
                  const Partition& partition) -> std::optional<PartitionChangeRecord> {
                const DirectoryId& directory = *directory_of(partition, broker);
                if (std::find(lost.begin(), lost.end(), directory) == lost.end())
                  return std::nullopt;
                return leave_to_others(batch.image(), topic, partition, {broker, ReplicaEnd()});
              });
}

void leave_damaged(Batch& batch, BrokerId broker, const TopicPartition& id) {
  const Image& image = batch.image();
  auto change = leave_to_others(image, *image.topic(id.topic), *image.partition(id),
                                {broker, ReplicaEnd{.damaged = true}});
  if (change) batch.add(std::move(*change));
}

void elect_where_leaderless(Batch& batch, BrokerId broker) {
  add_changes(batch, broker,
              [&](const metadata::Topic& topic,
                  const Partition& partition) -> std::optional<PartitionChangeRecord> {
                if (partition.leader != kNoBroker) return std::nullopt;
                return elect(topic.id, partition, min_in_sync_of(batch.image(), topic, partition),
                             [&](BrokerId id) { return may_lead(batch.image(), partition, id); });
              });
}

}  // namespace ropewalk::controller
