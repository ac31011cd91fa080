// Topics: create, place, grow, delete.
#include <algorithm>
#include <map>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/placement.h"
#include "broker/controller/topic_names.h"
#include "broker/metadata/topic_settings.h"

namespace ropewalk::controller {
namespace {

using metadata::ConfigRecord;
using metadata::Image;
using metadata::ItemAnswer;
using metadata::NewPartitions;
using metadata::NewTopic;
using metadata::Partition;
using metadata::ReplicaAssignment;
using metadata::Replicas;
using metadata::Topic;
using metadata::TopicRef;

constexpr std::size_t kDefaultReplicationFactor = 3;
// An entry of the metadata log has a limit of 32 MiB, a partition's record below 300 bytes.
constexpr std::size_t kRecordsMax = 100'000;

struct TopicPlan {
  Wanted wanted;
  Placement placement;
  metadata::Configs configs;
};

Result<std::size_t> plan_partitions(std::int64_t asked, const ControllerOptions& options) {
  if (asked < 1 || asked > options.partitions_max)
    return fail(Errc::invalid_partitions, "{} partitions: a topic has 1 to {}", asked,
                options.partitions_max);
  return static_cast<std::size_t>(asked);
}

// Brokers that are away for a while count: the topic is to have its replicas when they are back.
// Those that are drained do not.
Result<std::size_t> plan_replication_factor(const NewTopic& topic, const Image& image) {
  const std::size_t brokers = count_open(image);
  if (open_brokers(image).empty())
    return fail(Errc::broker_not_available,
                "no broker is alive, and not drained, to hold the topic's partitions");
  if (topic.replication_factor == -1) return std::min(kDefaultReplicationFactor, brokers);
  if (topic.replication_factor < 1 || static_cast<std::size_t>(topic.replication_factor) > brokers)
    return fail(Errc::invalid_replication_factor, "replication factor {}: {}",
                topic.replication_factor, open_text(image));
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

// By partition. Errors: invalid_replica_assignment.
Result<Placement> in_order(const std::vector<ReplicaAssignment>& assignments) {
  std::map<std::int32_t, Replicas> by_partition;
  for (const ReplicaAssignment& each : assignments)
    if (!by_partition.emplace(each.partition, each.replicas).second)
      return fail(Errc::invalid_replica_assignment, "partition {} is assigned twice",
                  each.partition);
  Placement placement;
  for (auto& [partition, replicas] : by_partition) {
    if (partition != static_cast<std::int32_t>(placement.size()))
      return fail(Errc::invalid_replica_assignment,
                  "partitions are numbered from 0 without gaps: {} comes behind {} of them",
                  partition, placement.size());
    placement.push_back(std::move(replicas));
  }
  return placement;
}

Result<void> check_size(const Batch& batch, std::size_t partitions) {
  if (batch.records().size() + partitions > kRecordsMax)
    return fail(Errc::budget_exceeded, "too many partitions are being made at once; try again");
  return {};
}

// Where its partitions go, in `plan`.
Result<void> plan_placement(const Image& image, const NewTopic& topic,
                            const ControllerOptions& options, TopicPlan& plan) {
  plan.wanted.start = image.topics().size();
  if (topic.assignments.empty()) {
    const std::int64_t asked =
        topic.partitions == -1 ? options.partitions_default : topic.partitions;
    TRY(plan.wanted.count, plan_partitions(asked, options));
    TRY(plan.wanted.replication_factor, plan_replication_factor(topic, image));
    plan.placement = place(image, plan.wanted);
    return {};
  }
  if (topic.partitions != -1 || topic.replication_factor != -1)
    return fail(Errc::invalid_request,
                "replicas are assigned: numbers of partitions and replicas follow from that");
  TRY(plan.wanted.count,
      plan_partitions(static_cast<std::int64_t>(topic.assignments.size()), options));
  TRY(plan.placement, in_order(topic.assignments));
  TRY_VOID(check_assignments(image, plan.placement, plan.wanted));
  plan.wanted.replication_factor = plan.placement.front().size();
  return {};
}

Result<TopicPlan> plan_topic(const Batch& batch, const NewTopic& topic,
                             const ControllerOptions& options, const Room& room) {
  TRY_VOID(check_topic_name(topic.name));
  if (batch.image().topic(topic.name))
    return fail(Errc::topic_already_exists, "topic {} exists already", topic.name);
  TopicPlan plan;
  TRY_VOID(plan_placement(batch.image(), topic, options, plan));
  TRY(plan.configs, plan_configs(topic));
  TRY_VOID(check_size(batch, plan.wanted.count));
  TRY_VOID(room.check(plan.placement));
  return plan;
}

void add_partitions(Batch& batch, const TopicId& id, const Wanted& wanted, Placement placement) {
  const auto durability =
      metadata::effective_settings(batch.image(), *batch.image().topic(id)).durability;
  for (std::size_t i = 0; i < placement.size(); i++) {
    Partition partition =
        begin_partition(batch.image(), std::move(placement[i]), wanted.first + i, wanted.start);
    partition.durability = durability;  // Nothing is in it: whatever is wanted is so.
    batch.add(metadata::PartitionRecord{id, std::move(partition)});
  }
}

void add_topic(Batch& batch, const TopicId& id, const std::string& name, TopicPlan plan) {
  batch.add(metadata::TopicRecord{id, name});
  for (const auto& [key, value] : plan.configs) batch.add(ConfigRecord{id, key, value});
  add_partitions(batch, id, plan.wanted, std::move(plan.placement));
}

// The round goes on where the topic's partitions have left it, through brokers and directories, if
// the first one's broker is open.
std::size_t start_of(const Image& image, const Topic& topic) {
  const auto brokers = open_brokers(image);
  const Partition& first = *topic.partitions.front();
  const auto broker =
      std::ranges::find(brokers, first.replicas.front(), &metadata::BrokerRegistration::id);
  if (broker == brokers.end()) return image.topics().size();
  const auto& directories = (*broker)->directories;
  const auto directory = std::ranges::find(directories, first.directories.front());
  const auto rounds = directory == directories.end() ? 0 : directory - directories.begin();
  return static_cast<std::size_t>(rounds) * brokers.size() +
         static_cast<std::size_t>(broker - brokers.begin());
}

struct GrowthPlan {
  TopicId topic;
  Wanted wanted;
  Placement placement;
};

Result<GrowthPlan> plan_growth(const Batch& batch, const NewPartitions& asked,
                               const ControllerOptions& options, const Room& room) {
  const Image& image = batch.image();
  TRY(const Topic* topic, find_topic(image, asked.topic));
  GrowthPlan plan;
  plan.topic = topic->id;
  plan.wanted.first = topic->partitions.size();
  TRY(const std::size_t total, plan_partitions(asked.total, options));
  if (total <= plan.wanted.first)
    return fail(Errc::invalid_partitions, "topic {} has {} partitions already, {} are no more",
                topic->name, plan.wanted.first, total);
  plan.wanted.count = total - plan.wanted.first;
  const Partition& model = *topic->partitions.front();
  plan.wanted.replication_factor = model.replicas.size() - model.adding.size();
  plan.wanted.start = start_of(image, *topic);
  if (asked.assignments) {
    TRY_VOID(check_assignments(image, *asked.assignments, plan.wanted));
    plan.placement = *asked.assignments;
  } else {
    if (open_brokers(image).empty())
      return fail(Errc::broker_not_available,
                  "no broker is alive, and not drained, to hold new partitions");
    if (count_open(image) < plan.wanted.replication_factor)
      return fail(Errc::invalid_replication_factor, "partitions of topic {} have {} replicas: {}",
                  topic->name, plan.wanted.replication_factor, open_text(image));
    plan.placement = place(image, plan.wanted);
  }
  TRY_VOID(check_size(batch, plan.wanted.count));
  TRY_VOID(room.check(plan.placement));
  return plan;
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const metadata::CreateTopics& event, Time) {
  std::map<std::string, int> times;
  for (const NewTopic& topic : event.topics) times[topic.name]++;
  Room room(batch.image(), options_.replicas_max);
  Items items;
  for (const NewTopic& topic : event.topics) {
    if (times[topic.name] > 1) {
      items.push_back(fail(Errc::invalid_request, "topic {} is asked for {} times in one request",
                           topic.name.substr(0, kTopicNameMax), times[topic.name]));
      continue;
    }
    auto plan = plan_topic(batch, topic, options_, room);
    if (!plan) {
      items.push_back(fail(std::move(plan).error()));
      continue;
    }
    metadata::TopicCreated created;
    created.partitions = static_cast<std::int32_t>(plan->wanted.count);
    created.replication_factor = static_cast<std::int32_t>(plan->wanted.replication_factor);
    created.configs.assign(plan->configs.begin(), plan->configs.end());
    if (!event.validate_only) {
      created.id = TopicId(options_.draw_id());
      room.take(plan->placement);
      add_topic(batch, created.id, topic.name, std::move(*plan));
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

Controller::Items Controller::on(Batch& batch, const metadata::CreatePartitions& event, Time) {
  Room room(batch.image(), options_.replicas_max);
  Items items;
  for (const NewPartitions& asked : event.topics) {
    auto plan = plan_growth(batch, asked, options_, room);
    if (!plan) {
      items.push_back(fail(std::move(plan).error()));
      continue;
    }
    if (!event.validate_only) {
      room.take(plan->placement);
      add_partitions(batch, plan->topic, plan->wanted, std::move(plan->placement));
    }
    items.push_back(ItemAnswer());
  }
  return items;
}

}  // namespace ropewalk::controller
