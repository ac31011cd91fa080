#include "broker/controller/controller.h"

#include <limits>
#include <utility>

#include "broker/controller/elections.h"
#include "broker/controller/homes.h"
#include "broker/controller/reassignment.h"
#include "broker/metadata/producer_ids.h"

namespace ropewalk::controller {

using metadata::ItemAnswer;

Controller::Controller(ControllerOptions options, const metadata::Image& image, Time now)
    : options_(std::move(options)) {
  if (options_.balance_every.count() > 0) next_balance_ = now + options_.balance_every;
  for (const auto& [id, broker] : image.brokers())
    if (!broker->fenced) session_ends_[id] = now + options_.session;
  image.topics().for_each([&](const TopicId& id, const metadata::TopicPtr& topic) {
    for (const auto& partition : topic->partitions)
      await_recovery(image, {id, partition->index.value()}, now);
  });
}

void Controller::prepare(Batch& batch) const {
  if (!batch.image().features().contains(kMetadataVersionFeature))
    batch.add(metadata::FeatureLevelRecord{kMetadataVersionFeature, kMetadataVersion});
}

Controller::Items Controller::decide(Batch& batch, const metadata::ControllerEvent& event,
                                     Time now) {
  const std::size_t before = batch.records().size();
  Items items = std::visit([&](const auto& kind) { return on(batch, kind, now); }, event);
  complete_reassignments(batch, before);
  look_after_leaderless(batch, before, now);
  home_replicas(batch, before);
  return items;
}

Controller::Items Controller::not_by_records() {
  return {fail(Errc::invalid_request, "the voters are no matter of records")};
}

void Controller::end_session(BrokerId id, BrokerEpoch epoch, const metadata::Image& image) {
  const auto* broker = image.broker(id);
  const auto session = session_ends_.find(id);
  if (broker && broker->epoch == epoch && session != session_ends_.end())
    session->second = Time::min();
}

void Controller::expire(Batch& batch, Time now) {
  const std::size_t before = batch.records().size();
  expire_sessions(batch, now);
  look_after_leaderless(batch, before, now);
  expire_recoveries(batch, now);
  balance_leaders(batch, now);
  home_replicas(batch, before);
}

void Controller::expire_sessions(Batch& batch, Time now) {
  for (auto it = session_ends_.begin(); it != session_ends_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    const BrokerId id = it->first;
    it = session_ends_.erase(it);
    const auto* broker = batch.image().broker(id);
    if (!broker || broker->fenced) continue;
    const BrokerEpoch epoch = broker->epoch;
    leave_all_whole(batch, id);
    batch.add(metadata::BrokerRegistrationChangeRecord{id, epoch, true, std::nullopt, {}});
  }
}

Controller::Time Controller::next_expiry() const {
  Time first = next_balance_;
  for (const auto& [_, end] : session_ends_) first = std::min(first, end);
  for (const auto& [_, end] : recoveries_) first = std::min(first, end);
  return first;
}

Controller::Items Controller::on(Batch& batch, const metadata::AllocateProducerIds& event, Time) {
  Items items;
  const auto* broker = batch.image().broker(event.broker);
  if (!broker || broker->epoch != event.epoch) {
    items.push_back(fail(Errc::stale_broker_epoch, "producer ids for broker {} under epoch {}",
                         event.broker, event.epoch));
    return items;
  }
  const std::int64_t first = batch.image().producer_ids().next.value();
  if (first > std::numeric_limits<std::int64_t>::max() - metadata::kProducerIdBlock) {
    items.push_back(fail(Errc::policy_violation, "all producer ids have been given away"));
    return items;
  }
  batch.add(metadata::ProducerIdsRecord{ProducerId(first + metadata::kProducerIdBlock),
                                        event.broker, event.epoch});
  items.push_back(
      ItemAnswer(metadata::ProducerIdBlock{ProducerId(first), metadata::kProducerIdBlock}));
  return items;
}

}  // namespace ropewalk::controller
