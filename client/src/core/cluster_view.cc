#include "client/src/core/cluster_view.h"

#include <algorithm>

#include "common/wire/errors.h"

namespace ropewalk::client {

void ClusterView::apply(const v1::MetadataResponse& response, env::MonotonicTime asked) {
  brokers_.clear();
  fenced_.clear();
  for (const v1::BrokerMetadata& broker : response.brokers()) {
    const BrokerId id(broker.broker_id());
    brokers_[id] = {.host = broker.host(), .port = static_cast<std::uint16_t>(broker.port())};
    if (broker.fenced()) fenced_.push_back(id);
  }
  for (const v1::TopicMetadata& said : response.topics()) {
    if (said.has_error()) {
      refused(said, asked);
      continue;
    }
    const auto id = Uuid::from_bytes(said.topic_id());
    if (!id) continue;
    KnownTopic& topic = topics_[said.name()];
    if (topic.id != TopicId(*id)) topic = KnownTopic{.id = TopicId(*id), .partitions = {}};
    topic.learnt = asked;
    errors_.erase(said.name());
    topic.partitions.resize(
        std::max(topic.partitions.size(), static_cast<std::size_t>(said.partitions_size())));
    for (const v1::PartitionMetadata& partition : said.partitions()) {
      const auto index = static_cast<std::size_t>(partition.partition());
      if (partition.partition() < 0 || index >= topic.partitions.size()) continue;
      const KnownLeader news{.broker = BrokerId(partition.leader_id()),
                             .epoch = LeaderEpoch(partition.leader_epoch())};
      if (news.epoch >= topic.partitions[index].epoch) topic.partitions[index] = news;
    }
  }
}

void ClusterView::refused(const v1::TopicMetadata& said, env::MonotonicTime asked) {
  const auto known = topics_.find(said.name());
  if (known != topics_.end() && known->second.learnt > asked) return;
  errors_[said.name()] = wire::from_proto(said.error());
  if (said.error().code() == v1::UNKNOWN_TOPIC_OR_PARTITION) topics_.erase(said.name());
}

const Error* ClusterView::why_unknown(const std::string& topic) const {
  const auto at = errors_.find(topic);
  return at == errors_.end() || topics_.contains(topic) ? nullptr : &at->second;
}

KnownLeader* ClusterView::find(const std::string& topic, std::int32_t partition) {
  const auto at = topics_.find(topic);
  if (at == topics_.end() || partition < 0 ||
      static_cast<std::size_t>(partition) >= at->second.partitions.size())
    return nullptr;
  return &at->second.partitions[static_cast<std::size_t>(partition)];
}

bool ClusterView::apply_hint(const std::string& topic, std::int32_t partition,
                             const v1::LeaderHint& hint) {
  KnownLeader* leader = find(topic, partition);
  if (leader == nullptr || LeaderEpoch(hint.leader_epoch()) <= leader->epoch) return false;
  leader->broker = BrokerId(hint.broker_id());
  leader->epoch = LeaderEpoch(hint.leader_epoch());
  if (hint.broker_id() >= 0 && !hint.host().empty())
    brokers_[leader->broker] = {.host = hint.host(),
                                .port = static_cast<std::uint16_t>(hint.port())};
  return true;
}

void ClusterView::forget_leader(const std::string& topic, std::int32_t partition) {
  if (KnownLeader* leader = find(topic, partition)) leader->broker = kNoBroker;
}

const KnownTopic* ClusterView::topic(const std::string& name) const {
  const auto at = topics_.find(name);
  return at == topics_.end() ? nullptr : &at->second;
}

const KnownLeader* ClusterView::leader(const std::string& topic, std::int32_t partition) const {
  const KnownLeader* leader = const_cast<ClusterView*>(this)->find(topic, partition);
  if (leader == nullptr || !brokers_.contains(leader->broker)) return nullptr;
  return leader;
}

bool ClusterView::has_all_leaders(const std::string& topic) const {
  const auto at = topics_.find(topic);
  return at != topics_.end() &&
         std::ranges::all_of(at->second.partitions, [this](const KnownLeader& leader) {
           return brokers_.contains(leader.broker);
         });
}

std::optional<env::Endpoint> ClusterView::address(BrokerId broker) const {
  const auto at = brokers_.find(broker);
  if (at == brokers_.end()) return std::nullopt;
  return at->second;
}

std::vector<env::Endpoint> ClusterView::addresses() const {
  std::vector<env::Endpoint> all;
  for (const auto& [id, endpoint] : brokers_) {
    if (std::ranges::find(fenced_, id) == fenced_.end()) all.push_back(endpoint);
  }
  return all;
}

bool ClusterView::is_fenced(const env::Endpoint& address) const {
  bool listed = false;
  for (const auto& [id, endpoint] : brokers_) listed |= endpoint == address;
  const std::vector<env::Endpoint> serving = addresses();
  return listed && std::ranges::find(serving, address) == serving.end();
}

std::vector<std::string> ClusterView::topics() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_) names.push_back(name);
  return names;
}

}  // namespace ropewalk::client
