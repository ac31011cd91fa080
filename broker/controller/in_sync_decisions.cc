// In-sync sets that leaders ask for (R6; metadata-quorum.md, section 6, rules 5 and 8).
#include <algorithm>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/elections.h"

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::InSyncChange;
using metadata::InSyncMember;
using metadata::ItemAnswer;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using metadata::Recovery;
using Brokers = std::vector<BrokerId>;

// Whether the leader decided on the partition as it is, in Kafka's order. A leader that knows more
// than this controller is right: the controller is behind, or none any more.
Result<void> check_versions(const Partition& partition, BrokerId sender,
                            const InSyncChange& change) {
  if (change.leader_epoch > partition.leader_epoch ||
      change.partition_epoch > partition.partition_epoch)
    return fail(Errc::not_controller,
                "partition {}: leader epoch {} and partition epoch {} are not known here yet",
                change.partition, change.leader_epoch, change.partition_epoch);
  if (change.leader_epoch < partition.leader_epoch)
    return fail(Errc::fenced_leader_epoch, "partition {}: led by {} in epoch {}, not {}",
                change.partition, partition.leader, partition.leader_epoch, change.leader_epoch);
  if (partition.leader != sender)
    return fail(Errc::invalid_request, "partition {}: led by {}, not by {}", change.partition,
                partition.leader, sender);
  if (change.partition_epoch < partition.partition_epoch)
    return fail(Errc::invalid_update_version, "partition {}: at partition epoch {}, not {}",
                change.partition, partition.partition_epoch, change.partition_epoch);
  return {};
}

Result<void> check_members(const Image& image, const Partition& partition,
                           const InSyncChange& change) {
  for (auto member = change.in_sync.begin(); member != change.in_sync.end(); ++member) {
    const BrokerId id = member->broker;
    if (!contains(partition.replicas, id))
      return fail(Errc::invalid_request, "partition {}: broker {} has no replica of it",
                  change.partition, id);
    if (std::any_of(change.in_sync.begin(), member,
                    [id](const InSyncMember& other) { return other.broker == id; }))
      return fail(Errc::invalid_request, "partition {}: broker {} stands twice", change.partition,
                  id);
  }
  if (std::ranges::find(change.in_sync, partition.leader, &InSyncMember::broker) ==
      change.in_sync.end())
    return fail(Errc::invalid_request, "partition {}: a set without the leader {}",
                change.partition, partition.leader);
  if (change.recovery == Recovery::recovering && partition.recovery == Recovery::recovered)
    return fail(Errc::invalid_request, "partition {}: its leader has recovered already",
                change.partition);
  if (change.recovery == Recovery::recovering && change.in_sync.size() > 1)
    return fail(Errc::invalid_request, "partition {}: its leader recovers, so it is alone in sync",
                change.partition);
  for (const InSyncMember& member : change.in_sync) {
    if (!is_active(image, member.broker))
      return fail(Errc::ineligible_replica, "partition {}: broker {} is fenced or on its way out",
                  change.partition, member.broker);
    if (image.broker(member.broker)->incarnation != member.incarnation)
      return fail(Errc::ineligible_replica,
                  "partition {}: broker {} lives on as {}, it was seen as {}", change.partition,
                  member.broker, image.broker(member.broker)->incarnation, member.incarnation);
    if (!contains(partition.in_sync, member.broker) &&
        !offers_replica(image, partition, member.broker))
      return fail(Errc::ineligible_replica,
                  "partition {}: broker {} is without the directory that its replica is in",
                  change.partition, member.broker);
  }
  return {};
}

// Whoever is in sync has what the leader has, whatever it had lost.
void forget_members(const Partition& partition, const Brokers& in_sync,
                    PartitionChangeRecord& change) {
  Brokers left;
  for (std::size_t i = 0; i < partition.last_known_eligible.size(); i++) {
    if (contains(in_sync, partition.last_known_eligible[i])) continue;
    left.push_back(partition.last_known_eligible[i]);
    change.last_known_ends.push_back(partition.last_known_ends[i]);
  }
  if (left != partition.last_known_eligible) change.last_known_eligible = std::move(left);
}

// Rule 8: who leaves while the set is below the minimum holds everything committed.
void set_eligible(const Partition& partition, const Brokers& in_sync, std::int32_t min_in_sync,
                  PartitionChangeRecord& change) {
  Brokers eligible;
  if (static_cast<std::int64_t>(in_sync.size()) >= min_in_sync) {
    if (!partition.last_known_eligible.empty()) change.last_known_eligible = Brokers{};
  } else {
    forget_members(partition, in_sync, change);
    for (const Brokers* held : {&partition.eligible, &partition.in_sync})
      for (const BrokerId id : *held)
        if (!contains(in_sync, id) && !contains(eligible, id)) eligible.push_back(id);
  }
  if (eligible != partition.eligible) change.eligible = std::move(eligible);
}

Result<PartitionChangeRecord> plan(const Image& image, BrokerId sender, const InSyncChange& asked) {
  const Partition* partition = image.partition(asked.partition);
  if (!partition)
    return fail(Errc::unknown_topic_or_partition, "there is no partition {}", asked.partition);
  TRY_VOID(check_versions(*partition, sender, asked));
  TRY_VOID(check_members(image, *partition, asked));
  PartitionChangeRecord change = change_of(asked.partition.topic, *partition);
  // In the order of preference, so that the same set always looks the same.
  change.in_sync = Brokers{};
  for (const BrokerId id : partition->replicas)
    if (std::ranges::find(asked.in_sync, id, &InSyncMember::broker) != asked.in_sync.end())
      change.in_sync->push_back(id);
  set_eligible(*partition, *change.in_sync,
               min_in_sync_of(image, *image.topic(asked.partition.topic), *partition), change);
  if (partition->recovery != asked.recovery) change.recovery = asked.recovery;
  return change;
}

}  // namespace

// Each is decided on what those before it have changed, so one partition twice is stale the second
// time. The set as it is becomes a record too: what raises the partition epoch withdraws.
Controller::Items Controller::on(Batch& batch, const metadata::AlterInSync& event, Time) {
  const auto* sender = batch.image().broker(event.broker);
  const bool known = sender && sender->epoch == event.epoch;
  Items items;
  for (const InSyncChange& asked : event.partitions) {
    if (!known) {
      items.push_back(fail(Errc::stale_broker_epoch, "in-sync set of broker {} under epoch {}",
                           event.broker, event.epoch));
      continue;
    }
    auto change = plan(batch.image(), event.broker, asked);
    if (change) batch.add(std::move(*change));
    items.push_back(change ? Item(ItemAnswer()) : Item(fail(std::move(change).error())));
  }
  return items;
}

}  // namespace ropewalk::controller
