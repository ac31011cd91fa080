// Settings of topics and of the cluster, and what they change in partitions.
#include <algorithm>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/topic_names.h"
#include "broker/metadata/topic_settings.h"

namespace ropewalk::controller {
namespace {

using metadata::ClusterScope;
using metadata::ConfigChange;
using metadata::ConfigEdit;
using metadata::ConfigRecord;
using metadata::Configs;
using metadata::ConfigScope;
using metadata::ConfigTarget;
using metadata::Durability;
using metadata::Image;
using metadata::ItemAnswer;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using metadata::Topic;
using metadata::TopicPtr;
using metadata::TopicRef;
using metadata::TopicSettings;

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

Result<ConfigScope> find_scope(const Image& image, const ConfigTarget& target) {
  if (std::holds_alternative<BrokerId>(target))
    return fail(Errc::invalid_config, "a broker has no settings in the cluster's metadata");
  const auto* const ref = std::get_if<TopicRef>(&target);
  if (ref == nullptr) return ClusterScope{};
  TRY(const Topic* topic, find_topic(image, *ref));
  return topic->id;
}

// What the scope itself has set.
const Configs& configs_of(const Image& image, const ConfigScope& scope) {
  const auto* const topic = std::get_if<TopicId>(&scope);
  return topic != nullptr ? image.topic(*topic)->configs : image.cluster_configs();
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) items.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return items;
}

// The list that holds for the scope, with the change made.
Result<std::string> edited(const Image& image, const ConfigScope& scope,
                           const ConfigChange& change) {
  const auto* const definition = metadata::find_topic_setting(change.key);
  if (definition == nullptr || !change.value) return change.value.value_or("");
  if (definition->type != settings::SettingType::list)
    return fail(Errc::invalid_config, "{} is no list: nothing can be added to it or taken away",
                change.key);
  std::vector<std::string> items = split(
      metadata::effective_value(change.key, configs_of(image, scope), image.cluster_configs()));
  for (std::string& item : split(*change.value)) {
    std::erase(items, item);
    if (change.edit == ConfigEdit::append) items.push_back(std::move(item));
  }
  return fmt::format("{}", fmt::join(items, ","));
}

Result<ConfigRecord> plan_config(const Image& image, const ConfigChange& change) {
  ConfigRecord record;
  record.key = change.key;
  record.value = change.value;
  TRY(record.scope, find_scope(image, change.scope));
  if (change.edit != ConfigEdit::set) {
    TRY(record.value, edited(image, record.scope, change));
  }
  // Without a value the name alone is checked, by a value that is right for it.
  const auto* const known = metadata::find_topic_setting(record.key);
  const std::string_view value = record.value       ? std::string_view(*record.value)
                                 : known != nullptr ? known->default_value
                                                    : std::string_view();
  TRY_VOID(metadata::check_topic_setting(record.key, value));
  return record;
}

// What the scope has set and no record names goes.
void plan_removals(const Image& image, const ConfigScope& scope,
                   std::vector<ConfigRecord>& records) {
  const std::size_t changes = records.size();
  for (const auto& [key, value] : configs_of(image, scope)) {
    const auto names_it = [&](const ConfigRecord& record) {
      return record.scope == scope && record.key == key;
    };
    const auto end = records.begin() + static_cast<std::ptrdiff_t>(changes);
    if (std::find_if(records.begin(), end, names_it) == end)
      records.push_back({.scope = scope, .key = key, .value = std::nullopt});
  }
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const metadata::SetConfigs& event, Time) {
  Items items;
  std::vector<ConfigScope> replaced;
  for (const ConfigTarget& target : event.replaced) {
    auto scope = find_scope(batch.image(), target);
    if (scope) {
      replaced.push_back(*scope);
      items.push_back(ItemAnswer());
    } else {
      items.push_back(fail(std::move(scope).error()));
    }
  }
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
  const bool all = std::ranges::all_of(items, [](const Item& item) { return item.has_value(); });
  if (event.validate_only || !all) return items;
  for (const ConfigScope& scope : replaced) plan_removals(batch.image(), scope, records);
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
