// Partitions without a leader, and the leaders that the operator wants (R7).
#include <algorithm>
#include <set>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/elections.h"
#include "broker/controller/last_resort.h"
#include "broker/metadata/topic_settings.h"

namespace ropewalk::controller {
namespace {

using metadata::ElectionKind;
using metadata::Image;
using metadata::ItemAnswer;
using metadata::Partition;
using metadata::PartitionChangeRecord;
using metadata::Topic;
using metadata::TopicPtr;
using metadata::UncleanCause;
using Partitions = std::set<TopicPartition>;

// Those without a leader that `concerns` (topic, partition) holds for.
template <class F>
void add_leaderless(const Image& image, Partitions& to, F&& concerns) {
  image.topics().for_each([&](const TopicId& id, const TopicPtr& topic) {
    for (const auto& partition : topic->partitions)
      if (partition->leader == kNoBroker && concerns(*topic, *partition))
        to.insert({id, partition->index.value()});
  });
}

// Whose leaders the record may have taken, or may give back.
struct Concerned {
  const Image& image;
  Partitions& to;

  void operator()(const PartitionChangeRecord& record) const {
    to.insert({record.topic, record.index.value()});
  }
  void operator()(const metadata::BrokerRegistrationChangeRecord& record) const {
    if (record.fenced.value_or(true)) return;
    add_leaderless(image, to, [&](const Topic&, const Partition& partition) {
      return std::ranges::find(partition.replicas, record.id) != partition.replicas.end();
    });
  }
  void operator()(const metadata::ConfigRecord&) const {
    add_leaderless(image, to, [&](const Topic& topic, const Partition&) {
      return metadata::effective_settings(image, topic).unclean_elections;
    });
  }
  template <class Other>
  void operator()(const Other&) const {}
};

std::optional<PartitionChangeRecord> elect_somebody(const Image& image, const TopicPartition& id,
                                                    bool wait_is_over) {
  if (auto change = recover(image, id, wait_is_over)) return change;
  const auto settings = metadata::effective_settings(image, *image.topic(id.topic));
  if (!settings.unclean_elections) return std::nullopt;
  return elect_uncleanly(image, id, UncleanCause::topic_allows);
}

Result<PartitionChangeRecord> elect_for_operator(const Image& image, const TopicPartition& id,
                                                 const Partition& partition) {
  if (partition.leader != kNoBroker)
    return fail(Errc::election_not_needed, "partition {}: led by {}", id, partition.leader);
  if (auto change = recover(image, id, false)) return *std::move(change);
  if (auto change = elect_uncleanly(image, id, UncleanCause::was_asked_for))
    return *std::move(change);
  return fail(Errc::eligible_leaders_not_available, "partition {}: no replica of it is there", id);
}

}  // namespace

void Controller::look_after_leaderless(Batch& batch, std::size_t from, Time now) {
  Partitions concerned;
  for (std::size_t i = from; i < batch.records().size(); i++)
    std::visit(Concerned{batch.image(), concerned}, batch.records()[i]);
  for (const TopicPartition& id : concerned) {
    const Partition* partition = batch.image().partition(id);
    auto change = partition && partition->leader == kNoBroker
                      ? elect_somebody(batch.image(), id, false)
                      : std::nullopt;
    if (partition && partition->leader == kNoBroker && !change) {
      await_recovery(batch.image(), id, now);
      continue;
    }
    recoveries_.erase(id);
    if (change) batch.add(std::move(*change));
  }
}

void Controller::await_recovery(const Image& image, const TopicPartition& id, Time now) {
  if (waits_for_others(image, *image.partition(id)))
    recoveries_.try_emplace(id, now + options_.unclean_recovery_wait);
}

void Controller::expire_recoveries(Batch& batch, Time now) {
  for (auto it = recoveries_.begin(); it != recoveries_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    const TopicPartition id = it->first;
    it = recoveries_.erase(it);
    if (!batch.image().partition(id)) continue;
    if (auto change = recover(batch.image(), id, true)) batch.add(std::move(*change));
  }
}

Controller::Items Controller::on(Batch& batch, const metadata::ElectLeaders& event, Time) {
  Items items;
  for (const TopicPartition& id : event.partitions) {
    const Partition* partition = batch.image().partition(id);
    if (!partition) {
      items.push_back(fail(Errc::unknown_topic_or_partition, "there is no partition {}", id));
      continue;
    }
    auto change = event.kind == ElectionKind::preferred
                      ? elect_preferred(batch.image(), id, *partition)
                      : elect_for_operator(batch.image(), id, *partition);
    if (change) batch.add(std::move(*change));
    items.push_back(change ? Item(ItemAnswer()) : Item(fail(std::move(change).error())));
  }
  return items;
}

}  // namespace ropewalk::controller
