#include "broker/controller/placement.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "broker/controller/elections.h"
#include "broker/metadata/broker_settings.h"

namespace ropewalk::controller {
namespace {

using metadata::BrokerRegistration;
using metadata::Image;
using metadata::is_drained;
using metadata::Partition;
using metadata::Replicas;
using metadata::TopicPtr;
using Registrations = std::vector<const BrokerRegistration*>;

// A broker that names no rack stands in one of its own.
using RackKey = std::pair<std::string, BrokerId>;
RackKey rack_of(const BrokerRegistration& broker) {
  return {broker.rack, broker.rack.empty() ? broker.id : kNoBroker};
}

// Those of one rack as far apart as can be.
Registrations in_round(const Registrations& brokers) {
  std::map<RackKey, Registrations> racks;
  for (const BrokerRegistration* broker : brokers) racks[rack_of(*broker)].push_back(broker);
  Registrations round;
  for (std::size_t i = 0; round.size() < brokers.size(); i++)
    for (const auto& [_, members] : racks)
      if (i < members.size()) round.push_back(members[i]);
  return round;
}

Registrations away_brokers(const Image& image) {
  Registrations away;
  for (const auto& [id, broker] : image.brokers())
    if (!is_active(image, id) && !is_drained(image, id)) away.push_back(broker.get());
  return in_round(away);
}

Registrations turned(Registrations brokers, std::size_t by) {
  if (!brokers.empty())
    std::ranges::rotate(brokers,
                        brokers.begin() + static_cast<std::ptrdiff_t>(by % brokers.size()));
  return brokers;
}

// All but the one at the place `at` of the round. In every round others come first, so that what a
// broker leads goes to many when it dies.
Registrations followers_of(const Registrations& round, std::size_t at) {
  Registrations others = turned(round, at);
  others.erase(others.begin());
  return turned(std::move(others), at / round.size());
}

// Adds the first ones until there are `total`, of the racks that are chosen least.
void add_replicas(Registrations candidates, std::size_t total, Registrations& chosen) {
  const auto times = [&chosen](const BrokerRegistration* candidate) {
    return std::ranges::count_if(chosen, [candidate](const BrokerRegistration* other) {
      return rack_of(*other) == rack_of(*candidate);
    });
  };
  while (chosen.size() < total && !candidates.empty()) {
    const auto next = std::ranges::min_element(candidates, {}, times);
    chosen.push_back(*next);
    candidates.erase(next);
  }
}

Result<void> check_assignment(const Image& image, const Replicas& replicas, std::size_t partition,
                              std::size_t replication_factor) {
  if (replicas.empty())
    return fail(Errc::invalid_replica_assignment, "no broker is named for partition {}", partition);
  if (replicas.size() != replication_factor)
    return fail(Errc::invalid_replica_assignment,
                "partition {} would have {} replicas, the others have {}", partition,
                replicas.size(), replication_factor);
  for (auto id = replicas.begin(); id != replicas.end(); ++id) {
    if (!image.broker(*id))
      return fail(Errc::invalid_replica_assignment, "there is no broker {} for partition {}", *id,
                  partition);
    if (std::find(replicas.begin(), id, *id) != id)
      return fail(Errc::invalid_replica_assignment, "broker {} stands twice for partition {}", *id,
                  partition);
  }
  if (std::ranges::none_of(replicas, [&](BrokerId id) { return is_active(image, id); }))
    return fail(Errc::invalid_replica_assignment, "no broker of partition {} is alive", partition);
  return {};
}

}  // namespace

Registrations open_brokers(const Image& image) {
  Registrations open;
  for (const auto& [id, broker] : image.brokers())
    if (is_active(image, id) && !is_drained(image, id)) open.push_back(broker.get());
  return in_round(open);
}

std::size_t count_open(const Image& image) {
  return static_cast<std::size_t>(std::ranges::count_if(
      image.brokers(), [&](const auto& broker) { return !is_drained(image, broker.first); }));
}

std::string open_text(const Image& image) {
  const std::size_t open = count_open(image);
  return fmt::format("there are {} brokers{}", open,
                     open < image.brokers().size() ? " that are not drained" : "");
}

Placement place(const Image& image, const Wanted& wanted) {
  const Registrations open = open_brokers(image);
  const Registrations away = away_brokers(image);
  ENSURE(!open.empty() && open.size() + away.size() >= wanted.replication_factor,
         "{} replicas for {} brokers", wanted.replication_factor, open.size() + away.size());
  Placement placement(wanted.count);
  for (std::size_t i = 0; i < wanted.count; i++) {
    const std::size_t at = wanted.start + wanted.first + i;
    Registrations chosen{open[at % open.size()]};
    add_replicas(followers_of(open, at), wanted.replication_factor, chosen);
    add_replicas(turned(away, at), wanted.replication_factor, chosen);
    for (const BrokerRegistration* broker : chosen) placement[i].push_back(broker->id);
  }
  return placement;
}

Result<void> check_assignments(const Image& image, std::span<const Replicas> assignments,
                               const Wanted& wanted) {
  if (assignments.size() != wanted.count)
    return fail(Errc::invalid_replica_assignment, "brokers are named for {} partitions, {} are new",
                assignments.size(), wanted.count);
  for (std::size_t i = 0; i < assignments.size(); i++)
    TRY_VOID(check_assignment(
        image, assignments[i], wanted.first + i,
        wanted.replication_factor > 0 ? wanted.replication_factor : assignments[0].size()));
  return {};
}

Room::Room(const Image& image, std::size_t replicas_max) : replicas_max_(replicas_max) {
  image.topics().for_each([&](const TopicId&, const TopicPtr& topic) {
    for (const auto& partition : topic->partitions)
      for (const BrokerId id : partition->replicas) held_[id]++;
  });
}

Result<void> Room::check(const Placement& placement) const {
  std::map<BrokerId, std::size_t> more;
  for (const Replicas& replicas : placement)
    for (const BrokerId id : replicas) more[id]++;
  for (const auto& [id, count] : more) {
    const auto held = held_.find(id);
    const std::size_t has = held == held_.end() ? 0 : held->second;
    if (has + count > replicas_max_)
      return fail(Errc::policy_violation,
                  "broker {} has {} partitions and would get {} more, but max_partitions is {}", id,
                  has, count, replicas_max_);
  }
  return {};
}

void Room::take(const Placement& placement) {
  for (const Replicas& replicas : placement) replace({}, replicas);
}

void Room::replace(const Replicas& before, const Replicas& after) {
  for (const BrokerId id : before) held_[id]--;
  for (const BrokerId id : after) held_[id]++;
}

Partition begin_partition(const Image& image, Replicas replicas, std::size_t index,
                          std::size_t start) {
  Partition partition;
  partition.index = PartitionId(static_cast<std::int32_t>(index));
  // The operator may have chosen brokers though none is open.
  const std::size_t round = (start + index) / std::max<std::size_t>(open_brokers(image).size(), 1);
  for (const BrokerId id : replicas) {
    const auto& directories = image.broker(id)->directories;
    partition.directories.push_back(directories[round % directories.size()]);
    if (is_active(image, id)) partition.in_sync.push_back(id);
  }
  partition.replicas = std::move(replicas);
  partition.leader = partition.in_sync.front();
  return partition;
}

}  // namespace ropewalk::controller
