#include "broker/controller/drain_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "broker/controller/placement.h"
#include "broker/controller/shrinking.h"

namespace ropewalk::controller {
namespace {

using metadata::BrokerRegistration;
using metadata::Image;
using metadata::Replicas;

class Planner {
 public:
  Planner(const Image& image, BrokerId leaves) : image_(image), leaves_(leaves) {
    for (const BrokerRegistration* broker : open_brokers(image))
      if (broker->id != leaves) others_.push_back(broker);
    image.topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
      for (const auto& partition : topic->partitions)
        for (const BrokerId id : wanted_replicas(*partition)) loads_[id]++;
    });
  }

  // In the place of the one that leaves, among those that stay; nullopt if there is nobody.
  std::optional<BrokerId> successor(const Replicas& replicas) {
    const BrokerRegistration* best = nullptr;
    for (const BrokerRegistration* each : others_) {
      if (std::ranges::find(replicas, each->id) != replicas.end()) continue;
      if (!best || cost_of(*each, replicas) < cost_of(*best, replicas)) best = each;
    }
    if (!best) return std::nullopt;
    loads_[best->id]++;
    return best->id;
  }

 private:
  std::tuple<bool, std::size_t, BrokerId> cost_of(const BrokerRegistration& candidate,
                                                  const Replicas& replicas) {
    const bool shares_rack = std::ranges::any_of(replicas, [&](BrokerId id) {
      const auto* other = image_.broker(id);
      return id != leaves_ && other && !other->rack.empty() && other->rack == candidate.rack;
    });
    return {shares_rack, loads_[candidate.id], candidate.id};
  }

  const Image& image_;
  const BrokerId leaves_;
  std::vector<const BrokerRegistration*> others_;
  std::map<BrokerId, std::size_t> loads_;
};

}  // namespace

DrainPlan plan_drain(const Image& image, BrokerId broker) {
  Planner planner(image, broker);
  DrainPlan plan;
  image.topics().for_each([&](const TopicId& topic_id, const metadata::TopicPtr& topic) {
    for (const auto& partition : topic->partitions) {
      Replicas replicas = wanted_replicas(*partition);
      const auto place = std::ranges::find(replicas, broker);
      if (place == replicas.end()) continue;
      const TopicPartition id{topic_id, partition->index.value()};
      const auto successor = planner.successor(replicas);
      if (!successor) {
        plan.stuck.push_back(id);
        continue;
      }
      *place = *successor;
      plan.moves.push_back({id, std::move(replicas)});
    }
  });
  return plan;
}

}  // namespace ropewalk::controller
