#include "broker/node/replica_reconciler.h"

#include <algorithm>

#include "broker/metadata/broker_settings.h"

namespace ropewalk::node {
namespace {

// Where in the list of replicas the broker is, or none.
std::optional<std::size_t> place_of(const metadata::Partition* partition, BrokerId broker) {
  if (!partition) return std::nullopt;
  const auto& replicas = partition->replicas;
  const auto found = std::find(replicas.begin(), replicas.end(), broker);
  if (found == replicas.end()) return std::nullopt;
  return static_cast<std::size_t>(found - replicas.begin());
}

}  // namespace

void ReplicaReconciler::begin(const metadata::ImagePtr& image,
                              const std::vector<TopicPartition>& on_disk) {
  running_ = true;
  if (const auto rate = metadata::catch_up_rate_of(*image, self_)) sink_.limit_catch_up(rate);
  for (const TopicPartition& id : on_disk)
    if (!place_of(image->partition(id), self_)) sink_.remove(id);
  for (const auto& delta : metadata::partition_changes(metadata::Image(), *image))
    follow(image, delta);
}

void ReplicaReconciler::image_changed(const metadata::ImagePtr& before,
                                      const metadata::ImagePtr& after) {
  if (!running_) return;
  const auto rate = metadata::catch_up_rate_of(*after, self_);
  if (rate != metadata::catch_up_rate_of(*before, self_)) sink_.limit_catch_up(rate);
  for (const auto& delta : metadata::partition_changes(*before, *after)) follow(after, delta);
  if (&before->brokers() != &after->brokers()) brokers_changed(before, after);
}

// Who leads must know in what life its followers are, and who follows where its leader is.
void ReplicaReconciler::brokers_changed(const metadata::ImagePtr& before,
                                        const metadata::ImagePtr& after) {
  std::vector<BrokerId> changed;
  for (const auto& [id, broker] : after->brokers())
    if (before->broker(id) != broker.get()) changed.push_back(id);
  if (changed.empty()) return;
  after->topics().for_each([&](const TopicId& id, const metadata::TopicPtr& topic) {
    for (const auto& partition : topic->partitions) {
      const bool concerns_us =
          place_of(partition.get(), self_) && std::ranges::any_of(changed, [&](BrokerId broker) {
            return place_of(partition.get(), broker).has_value();
          });
      if (concerns_us)
        follow(after, {.id = {id, partition->index.value()},
                       .topic = topic,
                       .before = partition,
                       .after = partition});
    }
  });
}

void ReplicaReconciler::follow(const metadata::ImagePtr& image,
                               const metadata::PartitionDelta& delta) {
  const auto place = place_of(delta.after.get(), self_);
  if (!place) {
    if (place_of(delta.before.get(), self_)) sink_.remove(delta.id);
    return;
  }
  if (delta.after->leader == self_)
    sink_.become_leader(image, delta.topic, delta.after, delta.after->directories[*place]);
  else
    sink_.become_follower(image, delta.topic, delta.after, delta.after->directories[*place]);
}

}  // namespace ropewalk::node
