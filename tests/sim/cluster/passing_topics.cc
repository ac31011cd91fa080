#include "tests/sim/cluster/passing_topics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace ropewalk::testing {

using namespace std::chrono_literals;

PassingTopics::PassingTopics(SimCluster& cluster, Client& client, std::size_t copies,
                             env::Random random)
    : cluster_(cluster), admin_(client), copies_(copies), random_(std::move(random)) {}

void PassingTopics::step() {
  const auto there =
      std::ranges::count_if(topics_, [](const auto& each) { return each.second.there; });
  if (there > 0 && random_.chance(there < 3 ? 0.3 : 0.7))
    delete_one();
  else
    make_one();
}

void PassingTopics::make_one() {
  const std::string name = fmt::format("passing-{}", topics_.size());
  Topic& topic = topics_[name];
  topic.partitions = static_cast<std::int32_t>(1 + random_.below(3));
  topic.there = admin_
                    .create_topic({.name = name,
                                   .partitions = topic.partitions,
                                   .replication_factor = static_cast<std::int32_t>(copies_)})
                    .has_value();
  if (topic.there) counts_["topics made"]++;
}

void PassingTopics::delete_one() {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_)
    if (topic.there) names.push_back(name);
  const std::string& name = names[random_.below(names.size())];
  Topic& topic = topics_[name];
  topic.there = false;
  topic.gone = admin_.delete_topic(name).has_value();
  if (topic.gone) counts_["topics deleted"]++;
}

std::string PassingTopics::wrong_with(const std::string& name, const Topic& topic) {
  const auto described = admin_.describe_topics({name});
  if (topic.gone && (described || described.error().code != Errc::unknown_topic_or_partition))
    return described ? "is there though it was deleted" : to_string(described.error());
  if (!topic.there) return "";
  if (!described) return to_string(described.error());
  const auto& partitions = described->front().partitions;
  if (partitions.size() != static_cast<std::size_t>(topic.partitions))
    return fmt::format("has {} partitions of {}", partitions.size(), topic.partitions);
  for (const DescribedPartition& partition : partitions)
    if (partition.leader < 1 || partition.in_sync_replicas.size() != copies_)
      return fmt::format("partition {}: leader {}, replicas {}, in sync {}", partition.partition,
                         partition.leader, fmt::join(partition.replicas, ","),
                         fmt::join(partition.in_sync_replicas, ","));
  return "";
}

std::string PassingTopics::wrong_after(sim::Duration limit) {
  const sim::Duration until = cluster_.world().now() + limit;
  for (const auto& [name, topic] : topics_) {
    for (;;) {
      const std::string wrong = wrong_with(name, topic);
      if (wrong.empty()) break;
      if (cluster_.world().now() >= until) return fmt::format("topic {}: {}", name, wrong);
      cluster_.world().run_for(500ms);
    }
  }
  return "";
}

}  // namespace ropewalk::testing
