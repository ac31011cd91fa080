#include "broker/controller/homes.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "broker/controller/directory_loads.h"
#include "broker/controller/elections.h"

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::Partition;
using metadata::PartitionChangeRecord;

bool counts(const Partition& partition, BrokerId broker) {
  return contains(partition.in_sync, broker) || contains(partition.eligible, broker);
}

// Whose replicas the record may let move.
struct Concerned {
  const Image& image;
  std::set<TopicPartition>& to;

  void operator()(const metadata::RegisterBrokerRecord& record) const {
    const BrokerId broker = record.broker.id;
    image.topics().for_each([&](const TopicId& id, const metadata::TopicPtr& topic) {
      for (const auto& partition : topic->partitions)
        if (contains(partition->replicas, broker) && is_homeless(image, *partition, broker))
          to.insert({id, partition->index.value()});
    });
  }
  void operator()(const PartitionChangeRecord& record) const {
    if (record.leader.value_or(kNoBroker) != kNoBroker)
      to.insert({record.topic, record.index.value()});
  }
  template <class Other>
  void operator()(const Other&) const {}
};

// What it had is lost: an election of the last resort must not take it for what it was.
void remember_loss(const Partition& partition, BrokerId broker, PartitionChangeRecord& change) {
  const auto& known = partition.last_known_eligible;
  const auto at = std::ranges::find(known, broker);
  if (at == known.end()) return;
  if (!change.last_known_eligible) {
    change.last_known_eligible = known;
    change.last_known_ends = partition.last_known_ends;
  }
  change.last_known_ends[static_cast<std::size_t>(at - known.begin())].damaged = true;
}

std::optional<PartitionChangeRecord> home(const Image& image, const TopicPartition& id,
                                          const Partition& partition,
                                          std::optional<DirectoryLoads>& loads) {
  if (partition.leader == kNoBroker) return std::nullopt;
  PartitionChangeRecord change = change_of(id.topic, partition);
  for (std::size_t i = 0; i < partition.replicas.size(); i++) {
    const BrokerId broker = partition.replicas[i];
    if (broker == partition.leader || counts(partition, broker)) continue;
    if (!is_homeless(image, partition, broker)) continue;
    if (!loads) loads = count_directories(image);
    if (!change.directories) change.directories = partition.directories;
    (*change.directories)[i] = take_directory(image, broker, *loads);
    remember_loss(partition, broker, change);
  }
  if (!change.directories) return std::nullopt;
  return change;
}

}  // namespace

bool is_homeless(const Image& image, const Partition& partition, BrokerId broker) {
  const auto* known = image.broker(broker);
  return known && known->all_directories && !offers_replica(image, partition, broker);
}

void home_replicas(Batch& batch, std::size_t from) {
  std::set<TopicPartition> concerned;
  for (std::size_t i = from; i < batch.records().size(); i++)
    std::visit(Concerned{batch.image(), concerned}, batch.records()[i]);
  std::optional<DirectoryLoads> loads;
  for (const TopicPartition& id : concerned) {
    const Partition* partition = batch.image().partition(id);
    if (!partition) continue;
    if (auto change = home(batch.image(), id, *partition, loads)) batch.add(std::move(*change));
  }
}

}  // namespace ropewalk::controller
