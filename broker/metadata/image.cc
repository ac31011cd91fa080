#include "broker/metadata/image.h"

#include <algorithm>

namespace ropewalk::metadata {

const BrokerListener* find_listener(const BrokerRegistration& broker, std::string_view name) {
  const auto found = std::ranges::find(broker.listeners, name, &BrokerListener::name);
  return found == broker.listeners.end() ? nullptr : &*found;
}

const Topic* Image::topic(TopicId id) const {
  const TopicPtr* found = topics_.find(id);
  return found ? found->get() : nullptr;
}

const Topic* Image::topic(std::string_view name) const {
  const TopicId* id = names_.find(name);
  return id ? topic(*id) : nullptr;
}

TopicPtr Image::topic_ptr(TopicId id) const {
  const TopicPtr* found = topics_.find(id);
  return found ? *found : nullptr;
}

const Partition* Image::partition(const TopicPartition& id) const {
  const Topic* found = topic(id.topic);
  return found ? found->partition(PartitionId(id.partition)) : nullptr;
}

const BrokerRegistration* Image::broker(BrokerId id) const {
  auto found = brokers_->find(id);
  return found == brokers_->end() ? nullptr : found->second.get();
}

const Configs& Image::broker_configs(BrokerId id) const {
  static const Configs kNone;
  auto found = broker_configs_->find(id);
  return found == broker_configs_->end() ? kNone : found->second;
}

namespace {

void compare_topics(const TopicId& id, const TopicPtr& before, const TopicPtr& after,
                    bool cluster_changed, std::vector<PartitionDelta>& into) {
  const std::size_t had = before ? before->partitions.size() : 0;
  const std::size_t has = after ? after->partitions.size() : 0;
  const bool settings_changed =
      before && after && (cluster_changed || before->configs != after->configs);
  for (std::size_t i = 0; i < std::max(had, has); i++) {
    PartitionPtr left = i < had ? before->partitions[i] : nullptr;
    PartitionPtr right = i < has ? after->partitions[i] : nullptr;
    if (left == right && !settings_changed) continue;
    into.push_back({TopicPartition{id, static_cast<std::int32_t>(i)}, after, std::move(left),
                    std::move(right)});
  }
}

}  // namespace

std::vector<PartitionDelta> partition_changes(const Image& before, const Image& after) {
  std::vector<PartitionDelta> changes;
  const bool cluster_changed = before.cluster_configs() != after.cluster_configs();
  auto visit = [&](const TopicId& id, const TopicPtr* left, const TopicPtr* right) {
    compare_topics(id, left ? *left : nullptr, right ? *right : nullptr, cluster_changed, changes);
  };
  CowMap<TopicId, TopicPtr>::for_each_change(before.topics(), after.topics(), visit);
  if (!cluster_changed) return changes;
  after.topics().for_each([&](const TopicId& id, const TopicPtr& topic) {
    const TopicPtr was = before.topic_ptr(id);
    if (was == topic) visit(id, &was, &topic);
  });
  return changes;
}

std::vector<Record> to_records(const Image& image) {
  std::vector<Record> records;
  for (const auto& [name, level] : image.features())
    records.emplace_back(FeatureLevelRecord{name, level});
  for (const auto& [id, broker] : image.brokers())
    records.emplace_back(RegisterBrokerRecord{*broker});
  for (const auto& [key, value] : image.cluster_configs())
    records.emplace_back(ConfigRecord{ClusterScope{}, key, value});
  for (const auto& [id, configs] : image.all_broker_configs())
    for (const auto& [key, value] : configs) records.emplace_back(ConfigRecord{id, key, value});
  image.topics().for_each([&](const TopicId& id, const TopicPtr& topic) {
    records.emplace_back(TopicRecord{id, topic->name});
    for (const auto& partition : topic->partitions)
      records.emplace_back(PartitionRecord{id, *partition});
    for (const auto& [key, value] : topic->configs)
      records.emplace_back(ConfigRecord{id, key, value});
  });
  if (image.producer_ids().next != ProducerId(0)) records.emplace_back(image.producer_ids());
  return records;
}

}  // namespace ropewalk::metadata
