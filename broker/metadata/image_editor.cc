#include <algorithm>
#include <utility>
#include <variant>

#include "broker/metadata/image.h"

namespace ropewalk::metadata {
namespace {

// Shared parts are copied by the editor that changes them; small ones simply whole.
template <class T, class F>
void change_copy(std::shared_ptr<const T>& part, F&& change) {
  auto copy = std::make_shared<T>(*part);
  change(*copy);
  part = std::move(copy);
}

void set_config(Configs& configs, const ConfigRecord& record) {
  if (record.value)
    configs.insert_or_assign(record.key, *record.value);
  else
    configs.erase(record.key);
}

bool contains(const std::vector<BrokerId>& list, BrokerId id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

// What must hold of every partition, whoever wrote its record.
Result<void> check_partition(const TopicId& topic, const Partition& partition) {
  const auto name = [&] { return fmt::format("partition {}-{}", topic, partition.index); };
  if (partition.replicas.empty() || partition.replicas.size() != partition.directories.size())
    return fail(Errc::corrupt, "{}: {} replicas in {} directories", name(),
                partition.replicas.size(), partition.directories.size());
  for (const auto* list : {&partition.in_sync, &partition.eligible})
    for (const BrokerId id : *list)
      if (!contains(partition.replicas, id))
        return fail(Errc::corrupt, "{}: broker {} is in sync or eligible but no replica", name(),
                    id);
  if (partition.leader != kNoBroker && !contains(partition.in_sync, partition.leader))
    return fail(Errc::corrupt, "{}: leader {} is not in sync", name(), partition.leader);
  return {};
}

}  // namespace

ImageEditor::ImageEditor(ImagePtr base, Offset next)
    : image_(std::make_shared<Image>(*base)), topics_(image_->topics_), names_(image_->names_) {
  image_->offset_ = next;
}
ImageEditor::~ImageEditor() = default;

ImagePtr ImageEditor::finish() { return std::exchange(image_, nullptr); }

Result<void> ImageEditor::apply(const Record& record) {
  return std::visit([this](const auto& kind) { return on(kind); }, record);
}

Topic* ImageEditor::own_topic(const TopicId& id) {
  if (auto found = own_topics_.find(id); found != own_topics_.end()) return found->second.get();
  const Topic* shared = image_->topic(id);
  if (!shared) return nullptr;
  auto copy = std::make_shared<Topic>(*shared);
  topics_.set(id, copy);
  return (own_topics_[id] = std::move(copy)).get();
}

Result<void> ImageEditor::on(const FeatureLevelRecord& record) {
  change_copy(image_->features_, [&](auto& features) {
    if (record.level == 0)
      features.erase(record.name);
    else
      features.insert_or_assign(record.name, record.level);
  });
  return {};
}

Result<void> ImageEditor::on(const RegisterBrokerRecord& record) {
  BrokerRegistration broker = record.broker;
  if (broker.epoch == BrokerEpoch(0)) broker.epoch = BrokerEpoch(image_->offset_.value());
  if (const auto* known = image_->broker(broker.id); known && known->epoch >= broker.epoch)
    return fail(Errc::corrupt, "broker {} is registered anew under epoch {}, but has {} already",
                broker.id, broker.epoch, known->epoch);
  change_copy(image_->brokers_, [&](auto& brokers) {
    brokers.insert_or_assign(broker.id, std::make_shared<const BrokerRegistration>(broker));
  });
  return {};
}

Result<void> ImageEditor::on(const BrokerRegistrationChangeRecord& record) {
  const auto* known = image_->broker(record.id);
  if (!known || known->epoch != record.epoch)
    return fail(Errc::corrupt, "change of broker {} under epoch {}: registered under {}", record.id,
                record.epoch, known ? known->epoch.value() : -1);
  auto changed = std::make_shared<BrokerRegistration>(*known);
  if (record.fenced) changed->fenced = *record.fenced;
  if (record.in_controlled_shutdown)
    changed->in_controlled_shutdown = *record.in_controlled_shutdown;
  if (!record.directories.empty()) {  // One has failed.
    changed->directories = record.directories;
    changed->all_directories = false;
  }
  change_copy(image_->brokers_,
              [&](auto& brokers) { brokers.insert_or_assign(record.id, std::move(changed)); });
  return {};
}

Result<void> ImageEditor::on(const UnregisterBrokerRecord& record) {
  const auto* known = image_->broker(record.id);
  if (!known || known->epoch != record.epoch)
    return fail(Errc::corrupt, "removal of broker {} under epoch {}: registered under {}",
                record.id, record.epoch, known ? known->epoch.value() : -1);
  change_copy(image_->brokers_, [&](auto& brokers) { brokers.erase(record.id); });
  return {};
}

Result<void> ImageEditor::on(const TopicRecord& record) {
  if (record.id.is_none() || image_->topic(record.id))
    return fail(Errc::corrupt, "topic {}: the id {} is none or taken", record.name, record.id);
  if (record.name.empty() || image_->topic(record.name))
    return fail(Errc::corrupt, "topic {}: the name \"{}\" is empty or taken", record.id,
                record.name);
  auto topic = std::make_shared<Topic>();
  topic->id = record.id;
  topic->name = record.name;
  topics_.set(record.id, topic);
  names_.set(record.name, record.id);
  own_topics_[record.id] = std::move(topic);
  return {};
}

Result<void> ImageEditor::on(const RemoveTopicRecord& record) {
  const Topic* topic = image_->topic(record.id);
  if (!topic) return fail(Errc::corrupt, "removal of topic {}, which is not there", record.id);
  names_.erase(topic->name);
  topics_.erase(record.id);
  own_topics_.erase(record.id);
  return {};
}

Result<void> ImageEditor::on(const PartitionRecord& record) {
  TRY_VOID(check_partition(record.topic, record.partition));
  const Topic* shared = image_->topic(record.topic);
  if (!shared)
    return fail(Errc::corrupt, "partition {} of topic {}, which is not there",
                record.partition.index, record.topic);
  if (record.partition.index.value() < 0 ||
      static_cast<std::size_t>(record.partition.index.value()) != shared->partitions.size())
    return fail(Errc::corrupt, "partition {} of topic {} comes when there are {}",
                record.partition.index, shared->name, shared->partitions.size());
  Partition added = record.partition;
  added.last_known_ends.resize(added.last_known_eligible.size());
  own_topic(record.topic)
      ->partitions.push_back(std::make_shared<const Partition>(std::move(added)));
  return {};
}

Result<void> ImageEditor::on(const PartitionChangeRecord& record) {
  const Partition* known = image_->partition(TopicPartition{record.topic, record.index.value()});
  if (!known)
    return fail(Errc::corrupt, "change of partition {}-{}, which is not there", record.topic,
                record.index);
  Partition changed = *known;
  const auto set = [](const auto& from, auto& to) {
    if (from) to = *from;
  };
  set(record.replicas, changed.replicas);
  set(record.directories, changed.directories);
  set(record.in_sync, changed.in_sync);
  set(record.adding, changed.adding);
  set(record.removing, changed.removing);
  set(record.leader, changed.leader);
  set(record.recovery, changed.recovery);
  set(record.eligible, changed.eligible);
  set(record.last_known_eligible, changed.last_known_eligible);
  if (record.last_known_eligible) changed.last_known_ends = record.last_known_ends;
  // Older records tell of nobody's end.
  changed.last_known_ends.resize(changed.last_known_eligible.size());
  set(record.durability, changed.durability);
  changed.partition_epoch = changed.partition_epoch.next();
  if (record.leader) changed.leader_epoch = changed.leader_epoch.next();
  if (record.unclean) changed.last_unclean_epoch = changed.leader_epoch;
  TRY_VOID(check_partition(record.topic, changed));
  own_topic(record.topic)->partitions[static_cast<std::size_t>(record.index.value())] =
      std::make_shared<const Partition>(std::move(changed));
  return {};
}

Result<void> ImageEditor::on(const ConfigRecord& record) {
  if (std::holds_alternative<ClusterScope>(record.scope)) {
    change_copy(image_->cluster_configs_, [&](Configs& configs) { set_config(configs, record); });
  } else if (const auto* broker = std::get_if<BrokerId>(&record.scope)) {
    change_copy(image_->broker_configs_, [&](auto& all) {
      set_config(all[*broker], record);
      if (all[*broker].empty()) all.erase(*broker);
    });
  } else {
    const TopicId id = std::get<TopicId>(record.scope);
    Topic* topic = own_topic(id);
    if (!topic)
      return fail(Errc::corrupt, "setting {} of topic {}, which is not there", record.key, id);
    set_config(topic->configs, record);
  }
  return {};
}

Result<void> ImageEditor::on(const ProducerIdsRecord& record) {
  if (record.next < image_->producer_ids_.next)
    return fail(Errc::corrupt, "producer ids go back from {} to {}", image_->producer_ids_.next,
                record.next);
  image_->producer_ids_ = record;
  return {};
}

Result<void> ImageEditor::on(const NoOpRecord&) { return {}; }

}  // namespace ropewalk::metadata
