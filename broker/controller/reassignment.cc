#include "broker/controller/reassignment.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "broker/controller/elections.h"
#include "broker/controller/shrinking.h"

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::Partition;
using metadata::PartitionChangeRecord;

std::optional<PartitionChangeRecord> complete(const Image& image, const TopicPartition& id,
                                              const Partition& partition) {
  if (partition.leader == kNoBroker) return std::nullopt;
  const Partition after = with_replicas(partition, wanted_replicas(partition));
  const bool all_added = std::ranges::all_of(
      partition.adding, [&](BrokerId added) { return contains(partition.in_sync, added); });
  const std::int32_t minimum = min_in_sync_of(image, *image.topic(id.topic), after);
  if (!all_added || static_cast<std::int32_t>(after.in_sync.size()) < minimum) return std::nullopt;
  return change_to(image, id, partition, after);
}

}  // namespace

void complete_reassignments(Batch& batch, std::size_t from) {
  std::set<TopicPartition> concerned;
  for (std::size_t i = from; i < batch.records().size(); i++)
    if (const auto* change = std::get_if<PartitionChangeRecord>(&batch.records()[i]))
      concerned.insert({change->topic, change->index.value()});
  for (const TopicPartition& id : concerned) {
    const Partition* partition = batch.image().partition(id);
    if (!partition || (partition->adding.empty() && partition->removing.empty())) continue;
    auto change = complete(batch.image(), id, *partition);
    if (change) batch.add(std::move(*change));
  }
}

}  // namespace ropewalk::controller
