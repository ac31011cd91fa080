// Replicas that turn out damaged while their broker runs (R11, R12).
#include <algorithm>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/elections.h"

namespace ropewalk::controller {
namespace {

using metadata::ItemAnswer;
using metadata::Partition;

// Whether there is anybody to take over. The last holder stays as it is, and says itself what it
// can not serve.
Result<bool> has_others(const metadata::Image& image, BrokerId broker, const TopicPartition& id) {
  const Partition* partition = image.partition(id);
  if (!partition) return fail(Errc::unknown_topic_or_partition, "there is no partition {}", id);
  if (std::ranges::find(partition->replicas, broker) == partition->replicas.end())
    return fail(Errc::invalid_request, "partition {}: broker {} has no replica of it", id, broker);
  return partition->replicas.size() > 1;
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const metadata::ReportDamaged& event, Time) {
  const auto* sender = batch.image().broker(event.broker);
  const bool known = sender && sender->epoch == event.epoch;
  Items items;
  for (const TopicPartition& id : event.partitions) {
    if (!known) {
      items.push_back(fail(Errc::stale_broker_epoch, "damage at broker {} under epoch {}",
                           event.broker, event.epoch));
      continue;
    }
    const auto others = has_others(batch.image(), event.broker, id);
    if (others && *others) leave_damaged(batch, event.broker, id);
    items.push_back(others ? Item(ItemAnswer()) : Item(fail(others.error())));
  }
  return items;
}

}  // namespace ropewalk::controller
