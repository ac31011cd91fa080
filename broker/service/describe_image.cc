#include "broker/service/describe_image.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "broker/metadata/broker_settings.h"
#include "broker/metadata/topic_settings.h"
#include "broker/security/authorizer.h"
#include "broker/service/addresses.h"
#include "broker/service/locate.h"

namespace ropewalk::service {
namespace {

// Its broker is, or the directory that it is in.
bool is_offline(const metadata::Image& image, BrokerId id, const DirectoryId& directory) {
  const metadata::BrokerRegistration* const broker = image.broker(id);
  return broker == nullptr || broker->fenced ||
         std::ranges::find(broker->directories, directory) == broker->directories.end();
}

bool may_see(const Parts& parts, const security::RequestContext& context,
             const metadata::Topic& topic) {
  return parts.authorizer
      .authorize(context, {.operation = security::Operation::describe,
                           .resource_type = security::ResourceType::topic,
                           .resource = topic.name})
      .has_value();
}

PartitionMetadata describe_partition(const metadata::Image& image,
                                     const metadata::Partition& state) {
  PartitionMetadata partition;
  partition.partition = state.index.value();
  partition.leader = state.leader;
  partition.leader_epoch = state.leader_epoch;
  partition.partition_epoch = state.partition_epoch;
  partition.replicas = state.replicas;
  partition.in_sync = state.in_sync;
  partition.eligible = state.eligible;
  partition.adding = state.adding;
  partition.removing = state.removing;
  for (std::size_t i = 0; i < state.replicas.size(); i++) {
    if (is_offline(image, state.replicas[i], state.directories[i]))
      partition.offline.push_back(state.replicas[i]);
  }
  partition.durability = metadata::to_string(state.durability);
  return partition;
}

}  // namespace

std::int32_t feature_level_of(const metadata::Image& image) {
  const auto& features = image.features();
  const auto found = features.find("metadata.version");
  return found != features.end() ? found->second : 0;
}

std::vector<BrokerMetadata> describe_brokers(const Parts& parts,
                                             const security::RequestContext& context,
                                             const metadata::Image& image) {
  std::vector<BrokerMetadata> brokers;
  for (const auto& [id, registration] : image.brokers()) {
    BrokerMetadata broker;
    broker.id = id;
    broker.rack = registration->rack;
    broker.fenced = registration->fenced;
    broker.drained = metadata::is_drained(image, id);
    auto [host, port] = address_for(parts, *context.caller, *registration);
    broker.host = std::move(host);
    broker.port = port;
    brokers.push_back(std::move(broker));
  }
  return brokers;
}

bool sees_all_topics(const Parts& parts, const security::RequestContext& context,
                     const metadata::Image& image) {
  bool all = true;
  image.topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
    all = all && may_see(parts, context, *topic);
  });
  return all;
}

TopicMetadata describe_topic(const metadata::Image& image, const metadata::Topic& topic) {
  TopicMetadata described;
  described.name = topic.name;
  described.id = topic.id;
  described.partitions.reserve(topic.partitions.size());
  for (const metadata::PartitionPtr& partition : topic.partitions)
    described.partitions.push_back(describe_partition(image, *partition));
  return described;
}

namespace {

// What is not in the image may be in the cluster, if nobody has told this broker for a while.
std::unexpected<Error> unless_out_of_touch(const Parts& parts, Error missing) {
  const bool is_missing =
      missing.code == Errc::unknown_topic_or_partition || missing.code == Errc::unknown_topic_id;
  if (!is_missing || parts.lease_holds()) return fail(std::move(missing));
  return fail(Errc::leader_not_available,
              "{} as far as broker {} knows, which has not heard from the controller for too long",
              missing.context, parts.self);
}

}  // namespace

std::vector<TopicMetadata> describe_topics(const Parts& parts,
                                           const security::RequestContext& context,
                                           const metadata::Image& image, bool all,
                                           const std::vector<TopicRef>& wanted) {
  std::vector<TopicMetadata> topics;
  if (all) {
    image.topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
      if (may_see(parts, context, *topic)) topics.push_back(describe_topic(image, *topic));
    });
    std::sort(topics.begin(), topics.end(),
              [](const TopicMetadata& a, const TopicMetadata& b) { return a.name < b.name; });
    return topics;
  }
  // Named a thousand times, a topic is told once: three bytes of a request must not cost kilobytes.
  std::set<std::pair<std::string_view, TopicId>> told;
  for (const TopicRef& ref : wanted) {
    if (!told.emplace(ref.name, ref.id).second) continue;
    auto found = find_topic(parts, context, image, ref, security::Operation::describe);
    if (!found) found = unless_out_of_touch(parts, std::move(found).error());
    if (found) {
      topics.push_back(describe_topic(image, **found));
    } else {
      TopicMetadata missing;
      missing.error = std::move(found).error();
      missing.name = ref.name;
      missing.id = ref.id;
      topics.push_back(std::move(missing));
    }
  }
  return topics;
}

}  // namespace ropewalk::service
