// Settings of topics, of the cluster and of brokers, and what they change in partitions.
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/topic_names.h"
#include "broker/metadata/broker_settings.h"
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
  if (before.min_in_sync_replicas != after.min_in_sync_replicas) {
    if (!partition.eligible.empty()) change.eligible = std::vector<BrokerId>{};
    const auto members = static_cast<std::int32_t>(partition.in_sync.size());
    const bool enough = members >= metadata::effective_min_in_sync(after, partition);
    if (enough && !partition.last_known_eligible.empty())
      change.last_known_eligible = std::vector<BrokerId>{};
  }
  if (!change.durability && !change.eligible && !change.last_known_eligible) return std::nullopt;
  return change;
}

// What the scope itself has set.
const Configs& configs_of(const Image& image, const ConfigScope& scope) {
  if (const auto* const topic = std::get_if<TopicId>(&scope)) return image.topic(*topic)->configs;
  if (const auto* const broker = std::get_if<BrokerId>(&scope))
    return image.broker_configs(*broker);
  return image.cluster_configs();
}

bool is_so(const Image& image, const ConfigRecord& record) {
  const Configs& configs = configs_of(image, record.scope);
  const auto known = configs.find(record.key);
  return known == configs.end() ? !record.value : record.value == known->second;
}

void add_config(Batch& batch, const ConfigRecord& record) {
  if (std::holds_alternative<BrokerId>(record.scope)) {  // Partitions do not depend on it.
    if (!is_so(batch.image(), record)) batch.add(record);
    return;
  }
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
  if (const auto* const broker = std::get_if<BrokerId>(&target)) {
    if (image.broker(*broker) != nullptr) return *broker;
    return fail(Errc::broker_id_not_registered, "there is no broker {}", *broker);
  }
  const auto* const ref = std::get_if<TopicRef>(&target);
  if (ref == nullptr) return ClusterScope{};
  TRY(const Topic* topic, find_topic(image, *ref));
  return topic->id;
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

std::unexpected<Error> not_a_list(std::string_view key) {
  return fail(Errc::invalid_config, "{} is no list: nothing can be added to it or taken away", key);
}

// The list that holds for the scope, with the change made.
Result<std::string> edited(const Image& image, const ConfigScope& scope,
                           const ConfigChange& change) {
  const auto* const definition = metadata::find_topic_setting(change.key);
  if (definition == nullptr || !change.value) return change.value.value_or("");
  if (definition->type != settings::SettingType::list) return not_a_list(change.key);
  std::vector<std::string> items = split(
      metadata::effective_value(change.key, configs_of(image, scope), image.cluster_configs()));
  for (std::string& item : split(*change.value)) {
    std::erase(items, item);
    if (change.edit == ConfigEdit::append) items.push_back(std::move(item));
  }
  return fmt::format("{}", fmt::join(items, ","));
}

// An older build would go on as if nothing had been set.
Result<void> check_level_for_broker_settings(const Image& image) {
  const auto level = image.features().find(kMetadataVersionFeature);
  if (level != image.features().end() && level->second >= kBrokerSettingsSince) return {};
  return fail(
      Errc::unsupported_version,
      "settings of a broker need {} level {}: once all brokers are of a build that knows it, "
      "`ropewalk cluster upgrade`",
      kMetadataVersionFeature, kBrokerSettingsSince);
}

// What else a broker is set to stands in its file.
Result<ConfigRecord> plan_of_broker(const Image& image, BrokerId broker,
                                    const ConfigChange& change) {
  if (change.value) TRY_VOID(check_level_for_broker_settings(image));
  const auto* const known = metadata::find_broker_setting(change.key);
  if (known == nullptr || change.value)
    TRY_VOID(metadata::check_broker_setting(change.key, change.value.value_or("")));
  if (change.edit != ConfigEdit::set) return not_a_list(change.key);
  return ConfigRecord{.scope = broker, .key = change.key, .value = change.value};
}

Result<ConfigRecord> plan_config(const Image& image, const ConfigScope& scope,
                                 const ConfigChange& change) {
  if (const auto* const broker = std::get_if<BrokerId>(&scope))
    return plan_of_broker(image, *broker, change);
  ConfigRecord record{.scope = scope, .key = change.key, .value = change.value};
  if (change.edit != ConfigEdit::set) {
    TRY(record.value, edited(image, scope, change));
  }
  // Without a value the name alone is checked, by a value that is right for it.
  const auto* const known = metadata::find_topic_setting(record.key);
  const std::string_view value = record.value       ? std::string_view(*record.value)
                                 : known != nullptr ? known->default_value
                                                    : std::string_view();
  TRY_VOID(metadata::check_topic_setting(record.key, value));
  return record;
}

// What is asked of one scope: all of it is done, or nothing.
struct ScopePlan {
  ConfigScope scope;
  std::vector<ConfigRecord> records = {};
  bool replaced = false;
  bool refused = false;
};

// In the order in which the scopes are first named.
class ScopePlans {
 public:
  Result<ScopePlan*> of(const Image& image, const ConfigTarget& target) {
    TRY(const ConfigScope scope, find_scope(image, target));
    const auto [known, is_new] = indexes_.emplace(scope, plans_.size());
    if (is_new) plans_.push_back({.scope = scope});
    return &plans_[known->second];
  }
  std::vector<ScopePlan>& all() { return plans_; }

 private:
  std::map<ConfigScope, std::size_t> indexes_;
  std::vector<ScopePlan> plans_;
};

Result<ItemAnswer> plan_replacement(const Image& image, const ConfigTarget& target,
                                    ScopePlans& plans) {
  if (std::holds_alternative<BrokerId>(target))
    return fail(Errc::invalid_config, "what a broker is set to is changed one by one");
  TRY(ScopePlan * plan, plans.of(image, target));
  plan->replaced = true;
  return ItemAnswer();
}

Result<ItemAnswer> plan_change(const Image& image, const ConfigChange& change, ScopePlans& plans) {
  TRY(ScopePlan * plan, plans.of(image, change.scope));
  auto record = plan_config(image, plan->scope, change);
  plan->refused |= !record;
  if (!record) return std::unexpected(std::move(record).error());
  plan->records.push_back(std::move(*record));
  return ItemAnswer();
}

// What the scope has set and no record names goes.
void plan_removals(const Image& image, ScopePlan& plan) {
  std::vector<ConfigRecord> removals;
  for (const auto& [key, value] : configs_of(image, plan.scope)) {
    if (std::ranges::find(plan.records, key, &ConfigRecord::key) == plan.records.end())
      removals.push_back({.scope = plan.scope, .key = key, .value = std::nullopt});
  }
  std::ranges::move(removals, std::back_inserter(plan.records));
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const metadata::SetConfigs& event, Time) {
  Items items;
  ScopePlans plans;
  for (const ConfigTarget& target : event.replaced)
    items.push_back(plan_replacement(batch.image(), target, plans));
  for (const ConfigChange& change : event.changes)
    items.push_back(plan_change(batch.image(), change, plans));
  if (event.validate_only) return items;
  for (ScopePlan& plan : plans.all()) {
    if (plan.refused) continue;
    if (plan.replaced) plan_removals(batch.image(), plan);
    for (const ConfigRecord& record : plan.records) add_config(batch, record);
  }
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
    // Who left the set while it was replicated need not have synced all that it counted with.
    if (!partition->eligible.empty()) change.eligible = std::vector<BrokerId>{};
    batch.add(std::move(change));
  }
  return {Item(ItemAnswer())};
}

}  // namespace ropewalk::controller
