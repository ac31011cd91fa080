// Other replicas for partitions, and brokers that are forgotten (metadata-quorum.md, 6.11).
#include <algorithm>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/directory_loads.h"
#include "broker/controller/elections.h"
#include "broker/controller/placement.h"
#include "broker/controller/shrinking.h"

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::ItemAnswer;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using metadata::Reassignment;
using metadata::Replicas;
using Brokers = std::vector<BrokerId>;

bool among(const Brokers& list, BrokerId id) { return std::ranges::find(list, id) != list.end(); }

Result<void> check_wanted(const Image& image, const TopicPartition& id, const Partition& partition,
                          const Replicas& wanted) {
  if (wanted.empty())
    return fail(Errc::invalid_replica_assignment, "partition {}: no replica is wanted", id);
  const Brokers original = original_replicas(partition);
  for (auto broker = wanted.begin(); broker != wanted.end(); ++broker) {
    if (std::find(wanted.begin(), broker, *broker) != broker)
      return fail(Errc::invalid_replica_assignment, "partition {}: broker {} stands twice", id,
                  *broker);
    if (!among(original, *broker) && !is_active(image, *broker))
      return fail(Errc::invalid_replica_assignment,
                  "partition {}: broker {} is not there to become a replica", id, *broker);
  }
  return {};
}

// Those wanted, and behind them those that go. What was being added for another wish goes at once.
PartitionChangeRecord begin_moving(const Image& image, const TopicPartition& id,
                                   const Partition& partition, const Replicas& wanted,
                                   DirectoryLoads& loads) {
  const Brokers original = original_replicas(partition);
  Brokers replicas = wanted, adding, removing;
  for (const BrokerId broker : wanted)
    if (!among(original, broker)) adding.push_back(broker);
  for (const BrokerId broker : original)
    if (!among(wanted, broker)) removing.push_back(broker);
  std::ranges::copy(removing, std::back_inserter(replicas));

  Partition kept = with_replicas(partition, [&] {
    Brokers left = partition.replicas;
    std::erase_if(left, [&](BrokerId broker) { return !among(replicas, broker); });
    return left;
  }());
  PartitionChangeRecord change;
  change.topic = id.topic;
  change.index = partition.index;
  change.directories.emplace();
  for (const BrokerId broker : replicas) {
    const auto held = std::ranges::find(kept.replicas, broker);
    change.directories->push_back(
        held == kept.replicas.end()
            ? take_directory(image, broker, loads)
            : kept.directories[static_cast<std::size_t>(held - kept.replicas.begin())]);
  }
  change.replicas = std::move(replicas);
  change.adding = std::move(adding);
  change.removing = std::move(removing);
  if (kept.in_sync != partition.in_sync) change.in_sync = kept.in_sync;
  if (kept.eligible != partition.eligible) change.eligible = kept.eligible;
  if (kept.last_known_eligible != partition.last_known_eligible) {
    change.last_known_eligible = kept.last_known_eligible;
    change.last_known_ends = kept.last_known_ends;
  }
  if (!among(kept.in_sync, partition.leader) && partition.leader != kNoBroker) {
    const auto first = std::ranges::find_if(
        kept.in_sync, [&](BrokerId broker) { return may_lead(image, partition, broker); });
    change.leader = first == kept.in_sync.end() ? kNoBroker : *first;
  }
  return change;
}

Result<PartitionChangeRecord> call_off(const Image& image, const TopicPartition& id,
                                       const Partition& partition) {
  if (partition.adding.empty() && partition.removing.empty())
    return fail(Errc::no_reassignment_in_progress, "partition {}: no replica is being moved", id);
  auto change =
      change_to(image, id, partition, with_replicas(partition, original_replicas(partition)));
  if (!change)
    return fail(Errc::invalid_replica_assignment,
                "partition {}: of the replicas there were none is there and in sync", id);
  return *std::move(change);
}

Result<PartitionChangeRecord> plan_reassignment(const Image& image, const Reassignment& asked,
                                                const Room& room, DirectoryLoads& loads) {
  const Partition* partition = image.partition(asked.partition);
  if (!partition)
    return fail(Errc::unknown_topic_or_partition, "there is no partition {}", asked.partition);
  if (!asked.replicas) return call_off(image, asked.partition, *partition);
  TRY_VOID(check_wanted(image, asked.partition, *partition, *asked.replicas));
  Replicas more;
  for (const BrokerId broker : *asked.replicas)
    if (!among(partition->replicas, broker)) more.push_back(broker);
  TRY_VOID(room.check({more}));
  return begin_moving(image, asked.partition, *partition, *asked.replicas, loads);
}

bool holds_anything(const Image& image, BrokerId broker) {
  bool holds = false;
  image.topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
    for (const auto& partition : topic->partitions) holds |= among(partition->replicas, broker);
  });
  return holds;
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const metadata::AlterReassignments& event, Time) {
  DirectoryLoads loads = count_directories(batch.image());
  Room room(batch.image(), options_.replicas_max);
  Items items;
  for (const Reassignment& asked : event.partitions) {
    auto change = plan_reassignment(batch.image(), asked, room, loads);
    if (change) {
      if (change->replicas)
        room.replace(batch.image().partition(asked.partition)->replicas, *change->replicas);
      batch.add(std::move(*change));
    }
    items.push_back(change ? Item(ItemAnswer()) : Item(fail(std::move(change).error())));
  }
  return items;
}

Controller::Items Controller::on(Batch& batch, const metadata::UnregisterBroker& event, Time) {
  const auto* broker = batch.image().broker(event.broker);
  if (!broker)
    return {Item(fail(Errc::broker_id_not_registered, "there is no broker {}", event.broker))};
  if (!broker->fenced)
    return {Item(fail(Errc::policy_violation, "broker {} lives; stop it first", event.broker))};
  if (holds_anything(batch.image(), event.broker))
    return {Item(fail(Errc::not_empty, "broker {} has replicas; move them first", event.broker))};
  if (options_.votes(event.broker))
    return {
        Item(fail(Errc::policy_violation,
                  "broker {} votes on the metadata: take its vote first (cluster voters remove)",
                  event.broker))};
  const BrokerEpoch epoch = broker->epoch;
  // A copy: add() may replace what the image points at.
  for (const auto& [key, _] : metadata::Configs(batch.image().broker_configs(event.broker)))
    batch.add(metadata::ConfigRecord{event.broker, key, std::nullopt});
  batch.add(metadata::UnregisterBrokerRecord{event.broker, epoch});
  session_ends_.erase(event.broker);
  applied_.erase(event.broker);
  shutdowns_.erase(event.broker);
  return {Item(ItemAnswer())};
}

}  // namespace ropewalk::controller
