// Topics: create, place, delete, configure.
#include <algorithm>
#include <map>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/elections.h"
#include "broker/controller/topic_names.h"

namespace ropewalk::controller {
namespace {

using metadata::ConfigChange;
using metadata::ConfigRecord;
using metadata::Durability;
using metadata::Image;
using metadata::ItemAnswer;
using metadata::NewTopic;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using metadata::Topic;
using metadata::TopicPtr;
using metadata::TopicRef;
using metadata::TopicSettings;

constexpr std::int32_t kDefaultPartitions = 1;
constexpr std::size_t kDefaultReplicationFactor = 3;
// An entry of the metadata log has a limit of 32 MiB, a partition's record below 300 bytes.
constexpr std::size_t kRecordsMax = 100'000;

std::vector<const metadata::BrokerRegistration*> active_brokers(const Image& image) {
  std::vector<const metadata::BrokerRegistration*> active;
  for (const auto& [id, broker] : image.brokers())
    if (is_active(image, id)) active.push_back(broker.get());
  return active;
}

std::map<BrokerId, std::size_t> replica_counts(const Image& image) {
  std::map<BrokerId, std::size_t> counts;
  image.topics().for_each([&](const TopicId&, const TopicPtr& topic) {
    for (const auto& partition : topic->partitions)
      for (const BrokerId id : partition->replicas) counts[id]++;
  });
  return counts;
}

struct TopicPlan {
  std::size_t partitions = 0;
  std::size_t replication_factor = 0;
  metadata::Configs configs;
};

Result<std::size_t> plan_partitions(const NewTopic& topic, std::int32_t partitions_max) {
  const std::int32_t wanted = topic.partitions == -1 ? kDefaultPartitions : topic.partitions;
  if (wanted < 1 || wanted > partitions_max)
    return fail(Errc::invalid_partitions, "{} partitions: a topic has 1 to {}", topic.partitions,
                partitions_max);
  return static_cast<std::size_t>(wanted);
}

Result<std::size_t> plan_replication_factor(const NewTopic& topic, std::size_t brokers) {
  if (brokers == 0)
    return fail(Errc::broker_not_available, "no broker is alive to hold the topic's partitions");
  if (topic.replication_factor == -1) return std::min(kDefaultReplicationFactor, brokers);
  if (topic.replication_factor < 1 || static_cast<std::size_t>(topic.replication_factor) > brokers)
    return fail(Errc::invalid_replication_factor, "replication factor {}: {} brokers are alive",
                topic.replication_factor, brokers);
  return static_cast<std::size_t>(topic.replication_factor);
}

Result<metadata::Configs> plan_configs(const NewTopic& topic) {
  metadata::Configs configs;
  for (const auto& [key, value] : topic.configs) {
    TRY_VOID(metadata::check_topic_setting(key, value));
    if (!configs.emplace(key, value).second)
      return fail(Errc::invalid_config, "{} is set twice", key);
  }
  return configs;
}

// Which of the living brokers gets a replica: they go round, each topic beginning at the next one.
struct Place {
  std::size_t start = 0;  // The topic's number.
  std::size_t index = 0;
  std::size_t replica = 0;
  std::size_t among(std::size_t brokers) const { return (start + index + replica) % brokers; }
};

// No broker gets more replicas than it may hold.
Result<void> check_room(const Image& image, const TopicPlan& plan, std::size_t replicas_max) {
  const auto brokers = active_brokers(image);
  std::vector<std::size_t> more(brokers.size());
  for (std::size_t index = 0; index < plan.partitions; index++)
    for (std::size_t i = 0; i < plan.replication_factor; i++)
      more[Place{image.topics().size(), index, i}.among(brokers.size())]++;
  const auto held = replica_counts(image);
  for (std::size_t i = 0; i < brokers.size(); i++) {
    const auto found = held.find(brokers[i]->id);
    const std::size_t has = found == held.end() ? 0 : found->second;
    if (more[i] > 0 && has + more[i] > replicas_max)
      return fail(Errc::policy_violation,
                  "broker {} has {} partitions and would get {} more, but max_partitions is {}",
                  brokers[i]->id, has, more[i], replicas_max);
  }
  return {};
}

Result<TopicPlan> plan_topic(const Batch& batch, const NewTopic& topic,
                             const ControllerOptions& options) {
  TRY_VOID(check_topic_name(topic.name));
  if (batch.image().topic(topic.name))
    return fail(Errc::topic_already_exists, "topic {} exists already", topic.name);
  TopicPlan plan;
  TRY(plan.partitions, plan_partitions(topic, options.partitions_max));
  TRY(plan.replication_factor,
      plan_replication_factor(topic, active_brokers(batch.image()).size()));
  TRY(plan.configs, plan_configs(topic));
  if (batch.records().size() + plan.partitions > kRecordsMax)
    return fail(Errc::budget_exceeded, "too many partitions are being made at once; try again");
  TRY_VOID(check_room(batch.image(), plan, options.replicas_max));
  return plan;
}

Partition place(const Image& image, const TopicPlan& plan, std::size_t start, std::size_t index) {
  const auto brokers = active_brokers(image);
  Partition partition;
  partition.index = PartitionId(static_cast<std::int32_t>(index));
  for (std::size_t i = 0; i < plan.replication_factor; i++) {
    const auto& broker = *brokers[Place{start, index, i}.among(brokers.size())];
    partition.replicas.push_back(broker.id);
    partition.directories.push_back(
        broker.directories[(start + index) % broker.directories.size()]);
  }
  partition.in_sync = partition.replicas;
  partition.leader = partition.replicas.front();
  // Nothing is in it: whatever is wanted is so.
  partition.durability =
      metadata::effective_settings(plan.configs, image.cluster_configs()).durability;
  return partition;
}

void add_topic(Batch& batch, const TopicId& id, const std::string& name, const TopicPlan& plan) {
  const std::size_t start = batch.image().topics().size();
  batch.add(metadata::TopicRecord{id, name});
  for (const auto& [key, value] : plan.configs) batch.add(ConfigRecord{id, key, value});
  for (std::size_t i = 0; i < plan.partitions; i++) {
    Partition partition = place(batch.image(), plan, start, i);
    batch.add(metadata::PartitionRecord{id, std::move(partition)});
  }
}

Result<const Topic*> find_topic(const Image& image, const TopicRef& ref) {
  if (!ref.id.is_none()) {
    if (const Topic* topic = image.topic(ref.id)) return topic;
    return fail(Errc::unknown_topic_id, "there is no topic with the id {}", ref.id);
  }
  if (const Topic* topic = image.topic(ref.name)) return topic;
  return fail(Errc::unknown_topic_or_partition, "there is no topic \"{}\"",
              ref.name.substr(0, kTopicNameMax));
}

// What new settings change in the partition itself: switching the durability begins a new leader
// epoch (D5), another minimum clears the eligible set (R3).
std::optional<PartitionChangeRecord> follow_settings(const Topic& topic, const Partition& partition,
                                                     const TopicSettings& before,
                                                     const TopicSettings& after) {
  PartitionChangeRecord change;
  change.topic = topic.id;
  change.index = partition.index;
  const bool is_replicated = partition.durability == Durability::replicated;
  const bool wants_replicated = after.durability == Durability::replicated;
  if (is_replicated != wants_replicated) {
    change.durability = wants_replicated ? Durability::replicated : Durability::syncing;
    change.leader = partition.leader;
  }
  if (before.min_in_sync_replicas != after.min_in_sync_replicas && !partition.eligible.empty())
    change.eligible = std::vector<BrokerId>{};
  if (!change.durability && !change.eligible) return std::nullopt;
  return change;
}

void add_config(Batch& batch, const ConfigRecord& record) {
  std::vector<TopicPtr> concerned;
  if (const auto* id = std::get_if<TopicId>(&record.scope))
    concerned.push_back(batch.image().topic_ptr(*id));
  else
    batch.image().topics().for_each(
        [&](const TopicId&, const TopicPtr& topic) { concerned.push_back(topic); });
  std::vector<TopicSettings> before;
  for (const auto& topic : concerned)
    before.push_back(metadata::effective_settings(batch.image(), *topic));
  batch.add(record);
  for (std::size_t i = 0; i < concerned.size(); i++) {
    // Held: an add() may replace what the image points at.
    const TopicPtr topic = batch.image().topic_ptr(concerned[i]->id);
    const auto after = metadata::effective_settings(batch.image(), *topic);
    const auto partitions = topic->partitions;
    for (const auto& partition : partitions)
      if (auto change = follow_settings(*topic, *partition, before[i], after))
        batch.add(std::move(*change));
  }
}

Result<ConfigRecord> plan_config(const Image& image, const ConfigChange& change) {
  ConfigRecord record;
  record.key = change.key;
  record.value = change.value;
  if (std::holds_alternative<BrokerId>(change.scope))
    return fail(Errc::invalid_config, "a broker has no settings in the cluster's metadata");
  if (const auto* ref = std::get_if<TopicRef>(&change.scope)) {
    TRY(const Topic* topic, find_topic(image, *ref));
    record.scope = topic->id;
  }
  // Without a value the name alone is checked, by a value that is right for it.
  const auto definitions = metadata::topic_setting_definitions();
  const auto known =
      std::find_if(definitions.begin(), definitions.end(),
                   [&](const auto& definition) { return definition.name == record.key; });
  const std::string_view value = record.value                 ? std::string_view(*record.value)
                                 : known != definitions.end() ? known->default_value
                                                              : std::string_view();
  TRY_VOID(metadata::check_topic_setting(record.key, value));
  return record;
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const metadata::CreateTopics& event, Time) {
  std::map<std::string, int> times;
  for (const NewTopic& topic : event.topics) times[topic.name]++;
  Items items;
  for (const NewTopic& topic : event.topics) {
    if (times[topic.name] > 1) {
      items.push_back(fail(Errc::invalid_request, "topic {} is asked for {} times in one request",
                           topic.name.substr(0, kTopicNameMax), times[topic.name]));
      continue;
    }
    auto plan = plan_topic(batch, topic, options_);
    if (!plan) {
      items.push_back(fail(std::move(plan).error()));
      continue;
    }
    metadata::TopicCreated created;
    created.partitions = static_cast<std::int32_t>(plan->partitions);
    created.replication_factor = static_cast<std::int32_t>(plan->replication_factor);
    created.configs.assign(plan->configs.begin(), plan->configs.end());
    if (!event.validate_only) {
      created.id = TopicId(options_.draw_id());
      add_topic(batch, created.id, topic.name, *plan);
    }
    items.push_back(ItemAnswer(std::move(created)));
  }
  return items;
}

Controller::Items Controller::on(Batch& batch, const metadata::DeleteTopics& event, Time) {
  Items items;
  for (const TopicRef& ref : event.topics) {
    auto topic = find_topic(batch.image(), ref);
    if (!topic) {
      items.push_back(fail(std::move(topic).error()));
      continue;
    }
    const TopicId id = (*topic)->id;
    batch.add(metadata::RemoveTopicRecord{id});
    items.push_back(ItemAnswer());
  }
  return items;
}

Controller::Items Controller::on(Batch& batch, const metadata::SetConfigs& event, Time) {
  Items items;
  std::vector<ConfigRecord> records;
  for (const ConfigChange& change : event.changes) {
    auto record = plan_config(batch.image(), change);
    if (record) {
      records.push_back(std::move(*record));
      items.push_back(ItemAnswer());
    } else {
      items.push_back(fail(std::move(record).error()));
    }
  }
  const bool all = records.size() == event.changes.size();
  if (!event.validate_only && all)
    for (const ConfigRecord& record : records) add_config(batch, record);
  return items;
}

Controller::Items Controller::on(Batch& batch, const metadata::ReportSynced& event, Time) {
  const auto* broker = batch.image().broker(event.broker);
  if (!broker || broker->epoch != event.epoch)
    return {Item(fail(Errc::stale_broker_epoch, "report of broker {} under epoch {}", event.broker,
                      event.epoch))};
  const Partition* partition = batch.image().partition(event.partition);
  if (!partition)
    return {
        Item(fail(Errc::unknown_topic_or_partition, "there is no partition {}", event.partition))};
  if (partition->leader != event.broker || partition->leader_epoch != event.leader_epoch)
    return {Item(fail(Errc::fenced_leader_epoch, "partition {}: led by {} in epoch {}",
                      event.partition, partition->leader, partition->leader_epoch))};
  if (partition->durability == Durability::syncing) {
    PartitionChangeRecord change;
    change.topic = event.partition.topic;
    change.index = partition->index;
    change.durability = Durability::synced;
    batch.add(std::move(change));
  }
  return {Item(ItemAnswer())};
}

}  // namespace ropewalk::controller
