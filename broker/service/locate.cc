#include "broker/service/locate.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/replication/replica_manager.h"
#include "broker/service/addresses.h"

namespace ropewalk::service {

Result<const metadata::Topic*> find_topic(const Parts& parts,
                                          const security::RequestContext& context,
                                          const metadata::Image& image, const TopicRef& ref,
                                          security::Operation operation) {
  const bool by_id = !ref.id.is_none();
  if (!by_id) TRY_VOID(check_topic_name(ref.name));
  const metadata::Topic* const topic = by_id ? image.topic(ref.id) : image.topic(ref.name);
  // A name is asked for before it is looked up, so that an answer does not tell what exists.
  if (topic != nullptr || !by_id)
    TRY_VOID(parts.authorizer.authorize(context,
                                        {.operation = operation,
                                         .resource_type = security::ResourceType::topic,
                                         .resource = topic != nullptr ? topic->name : ref.name}));
  if (topic != nullptr) return topic;
  if (by_id) return fail(Errc::unknown_topic_id, "there is no topic with id {}", ref.id);
  return fail(Errc::unknown_topic_or_partition, "there is no topic '{}'", ref.name);
}

Result<const metadata::Partition*> find_partition(const metadata::Topic& topic,
                                                  std::int32_t partition) {
  if (const auto* const found = topic.partition(PartitionId(partition))) return found;
  return fail(Errc::unknown_topic_or_partition, "topic '{}' has partitions 0 to {}, not {}",
              topic.name, static_cast<std::int64_t>(topic.partitions.size()) - 1, partition);
}

namespace {

// Why there is none, as far as this broker can tell.
std::string why_leaderless(const Parts& parts, const metadata::Topic& topic,
                           const metadata::Partition& partition) {
  const auto own = std::ranges::find(partition.replicas, parts.self);
  if (own == partition.replicas.end()) return "";
  const auto found = parts.replicas.find({topic.id, partition.index.value()});
  if (found) return "";
  if (found.error().code != Errc::leader_not_available) return ": " + found.error().context;
  const auto* const broker = parts.metadata.get()->broker(parts.self);
  const DirectoryId& directory =
      partition.directories[static_cast<std::size_t>(own - partition.replicas.begin())];
  if (broker == nullptr ||
      std::ranges::find(broker->directories, directory) != broker->directories.end())
    return "";
  return fmt::format(": broker {} is without the data directory {} that holds it{}{}", parts.self,
                     directory, parts.lost_directories.empty() ? "" : "; ", parts.lost_directories);
}

}  // namespace

Result<std::shared_ptr<replication::Partition>> find_leader(const Parts& parts,
                                                            const metadata::Topic& topic,
                                                            const metadata::Partition& partition) {
  if (partition.leader == parts.self)
    return parts.replicas.find({topic.id, partition.index.value()});
  if (partition.leader == kNoBroker)
    return fail(Errc::leader_not_available, "partition {} of '{}' has no leader now{}",
                partition.index, topic.name, why_leaderless(parts, topic, partition));
  return fail(Errc::not_leader_or_follower, "partition {} of '{}' is led by broker {}",
              partition.index, topic.name, partition.leader);
}

Result<std::shared_ptr<replication::Partition>> find_led_here(
    const Parts& parts, const security::RequestContext& context, const metadata::Image& image,
    const TopicRef& topic, std::int32_t partition, security::Operation operation,
    TopicPartition& id) {
  TRY(const auto* found, find_topic(parts, context, image, topic, operation));
  id = {found->id, partition};
  TRY(const auto* state, find_partition(*found, partition));
  return find_leader(parts, *found, *state);
}

Result<void> check_lease(const Parts& parts) {
  if (parts.lease_holds()) return {};
  return fail(Errc::not_leader_or_follower,
              "broker {} is fenced, or has not heard from the controller for too long", parts.self);
}

LeaderHint leader_hint(const Parts& parts, const security::RequestContext& context,
                       const metadata::Image& image, const TopicPartition& partition) {
  LeaderHint hint;
  const metadata::Partition* const state = image.partition(partition);
  if (state == nullptr) return hint;
  hint.leader = state->leader;
  hint.epoch = state->leader_epoch;
  const metadata::BrokerRegistration* const broker = image.broker(state->leader);
  if (broker == nullptr) return hint;
  auto [host, port] = address_for(parts, *context.caller, *broker);
  hint.host = std::move(host);
  hint.port = port;
  return hint;
}

bool wants_leader_hint(Errc code) {
  return code == Errc::not_leader_or_follower || code == Errc::leader_not_available ||
         code == Errc::fenced_leader_epoch || code == Errc::unknown_leader_epoch;
}

}  // namespace ropewalk::service
