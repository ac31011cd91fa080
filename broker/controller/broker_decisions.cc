// Registration, heartbeats, sessions (metadata-quorum.md, section 6, rules 1 to 4; R13).
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "broker/controller/controller.h"
#include "broker/controller/elections.h"
#include "common/plant.h"

namespace ropewalk::controller {
namespace {

using metadata::BrokerHeartbeat;
using metadata::BrokerRegistration;
using metadata::BrokerRegistrationChangeRecord;
using metadata::Image;
using metadata::ItemAnswer;
using metadata::Partition;
using metadata::RegisterBroker;
using metadata::ReplicaEnd;

Result<void> check_features(const Image& image, const BrokerRegistration& broker) {
  for (const auto& [name, level] : image.features()) {
    const auto supports = [&](const metadata::SupportedFeature& feature) {
      return feature.name == name && feature.min_level <= level && level <= feature.max_level;
    };
    if (std::none_of(broker.features.begin(), broker.features.end(), supports))
      return fail(Errc::unsupported_version,
                  "broker {} does not know level {} of the feature {}, at which the cluster runs",
                  broker.id, level, name);
  }
  return {};
}

Result<void> check_registration(const Image& image, const RegisterBroker& event,
                                const ClusterId& cluster, bool session_lives) {
  const BrokerRegistration& broker = event.broker;
  if (event.cluster != cluster)
    return fail(Errc::inconsistent_cluster_id, "broker {} belongs to cluster {}, this is {}",
                broker.id, event.cluster, cluster);
  if (broker.id.value() < 0 || broker.incarnation.is_none() || broker.directories.empty())
    return fail(Errc::invalid_request,
                "a broker registers with an id from 0 up, an incarnation and its directories");
  TRY_VOID(check_features(image, broker));
  const auto* known = image.broker(broker.id);
  if (!known) return {};
  // The epoch is the entry's offset: a second life cannot begin in the same entry.
  if (known->epoch.value() == image.offset().value())
    return fail(Errc::broker_not_available, "broker {} is being registered; try again", broker.id);
  if (session_lives && known->directories.front() != broker.directories.front())
    return fail(Errc::wrong_owner,
                "broker id {} is taken by a living broker with another first directory ({})",
                broker.id, known->directories.front());
  return {};
}

bool listed(const std::vector<TopicPartition>& list, const TopicPartition& id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

bool offers_directory(const BrokerRegistration& broker, const Partition& partition) {
  for (std::size_t i = 0; i < partition.replicas.size(); i++)
    if (partition.replicas[i] == broker.id)
      return std::ranges::find(broker.directories, partition.directories[i]) !=
             broker.directories.end();
  return true;
}

// R12 and R13: what the broker's replicas hold in its new life, where that may not be everything
// committed.
class LossesOfARestart {
 public:
  LossesOfARestart(const RegisterBroker& event, bool clean) : event_(event), clean_(clean) {
    for (const metadata::ReplicaLogEnd& end : event.ends) ends_.emplace(end.partition, &end);
  }

  std::optional<ReplicaEnd> operator()(const TopicPartition& id, const Partition& partition) const {
    ReplicaEnd end;
    end.cut = listed(event_.cut, id);
    end.damaged = listed(event_.damaged, id);
    const bool keeps_what_it_had = clean_ || partition.durability == metadata::Durability::synced ||
                                   RW_PLANT(unclean_keeps_place);
    const bool whole =
        keeps_what_it_had && !end.cut && !end.damaged && offers_directory(event_.broker, partition);
    // What was lost once stays so until the replica is in sync again.
    const auto& known = partition.last_known_eligible;
    if (whole && std::ranges::find(known, event_.broker.id) == known.end()) return std::nullopt;
    if (const auto told = ends_.find(id); told != ends_.end()) {
      end.last_epoch = told->second->last_epoch;
      end.log_end = told->second->log_end;
    }
    return end;
  }

 private:
  const RegisterBroker& event_;
  const bool clean_;
  std::map<TopicPartition, const metadata::ReplicaLogEnd*> ends_;
};

bool leads_anything(const Image& image, BrokerId broker) {
  bool leads = false;
  image.topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
    for (const auto& partition : topic->partitions) leads |= partition->leader == broker;
  });
  return leads;
}

void unfence(Batch& batch, BrokerId id, BrokerEpoch epoch) {
  batch.add(BrokerRegistrationChangeRecord{id, epoch, false, std::nullopt, {}});
  elect_where_leaderless(batch, id);
}

// R11, R12: the replicas there are out of their sets, before the directory is gone from the
// registration; no other gets a place in it. The broker ends when it has lost all.
void lose_directories(Batch& batch, const BrokerHeartbeat& event) {
  const auto& failed = event.failed_directories;
  std::vector<DirectoryId> left, lost;
  for (const DirectoryId& id : batch.image().broker(event.broker)->directories)
    (std::find(failed.begin(), failed.end(), id) != failed.end() ? lost : left).push_back(id);
  if (lost.empty() || left.empty()) return;
  leave_directories(batch, event.broker, lost);
  batch.add(BrokerRegistrationChangeRecord{event.broker, event.epoch, std::nullopt, std::nullopt,
                                           std::move(left)});
}

}  // namespace

Controller::Items Controller::on(Batch& batch, const RegisterBroker& event, Time now) {
  const BrokerId id = event.broker.id;
  const auto* known = batch.image().broker(id);
  if (known && event.cluster == options_.cluster &&
      known->incarnation == event.broker.incarnation) {
    session_ends_[id] = now + options_.session;  // The same life asks again.
    return {Item(metadata::BrokerRegistered{known->epoch})};
  }
  const auto session = session_ends_.find(id);
  const bool session_lives = session != session_ends_.end() && session->second > now;
  auto checked = check_registration(batch.image(), event, options_.cluster, session_lives);
  if (!checked) return {Item(fail(std::move(checked).error()))};

  if (known && !RW_PLANT(old_life_keeps_its_place)) {
    const BrokerEpoch old_epoch = known->epoch;
    const bool was_fenced = known->fenced;
    const bool clean = event.clean_stop_epoch == old_epoch;
    leave_all(batch, id, LossesOfARestart(event, clean));
    if (!was_fenced)
      batch.add(BrokerRegistrationChangeRecord{id, old_epoch, true, std::nullopt, {}});
  }
  BrokerRegistration broker = event.broker;
  broker.epoch = BrokerEpoch(0);
  broker.fenced = true;
  broker.in_controlled_shutdown = false;
  batch.add(metadata::RegisterBrokerRecord{std::move(broker)});
  session_ends_[id] = now + options_.session;
  applied_.erase(id);
  shutdowns_.erase(id);
  return {Item(metadata::BrokerRegistered{batch.image().broker(id)->epoch})};
}

Controller::Items Controller::on(Batch& batch, const BrokerHeartbeat& event, Time now) {
  const auto* broker = batch.image().broker(event.broker);
  if (!broker || broker->epoch != event.epoch)
    return {Item(fail(Errc::stale_broker_epoch, "heartbeat of broker {} under epoch {}: it has {}",
                      event.broker, event.epoch, broker ? broker->epoch.value() : -1))};
  session_ends_[event.broker] = now + options_.session;
  applied_[event.broker] = event.applied;
  lose_directories(batch, event);
  broker = batch.image().broker(event.broker);
  const bool caught_up = event.applied.value() >= event.epoch.value();
  const bool was_fenced = broker->fenced;
  if (event.wants_fence && !was_fenced) {
    leave_all_whole(batch, event.broker);
    batch.add(BrokerRegistrationChangeRecord{event.broker, event.epoch, true, std::nullopt, {}});
  } else if (event.wants_shutdown && !broker->in_controlled_shutdown) {
    batch.add(BrokerRegistrationChangeRecord{event.broker, event.epoch, std::nullopt, true, {}});
    leave_all_whole(batch, event.broker);
  } else if (was_fenced && caught_up && !event.wants_fence && !event.wants_shutdown) {
    unfence(batch, event.broker, event.epoch);
  }
  const Image& image = batch.image();
  // Without a record this entry is none, and nobody will ever have applied it.
  if (event.wants_shutdown)
    shutdowns_.try_emplace(event.broker,
                           Offset(image.offset().value() - (batch.records().empty() ? 1 : 0)));
  metadata::HeartbeatState state;
  state.fenced = image.broker(event.broker)->fenced;
  state.caught_up = caught_up;
  state.may_shut_down = event.wants_shutdown && may_shut_down(image, event.broker);
  return {Item(state)};
}

// Rule 4: it leads nothing, and all who serve know who does instead.
bool Controller::may_shut_down(const Image& image, BrokerId broker) const {
  const Offset left_at = shutdowns_.at(broker);
  for (const auto& [id, _] : image.brokers()) {
    if (id == broker || !is_active(image, id)) continue;
    const auto applied = applied_.find(id);
    if (applied == applied_.end() || applied->second < left_at) return false;
  }
  return !leads_anything(image, broker);
}

}  // namespace ropewalk::controller
