#include "broker/replication/in_sync_asker.h"

#include <chrono>
#include <utility>

#include "broker/replication/partition.h"
#include "common/log.h"

namespace ropewalk::replication {
namespace {

constexpr std::chrono::seconds kTimeout{5};

}  // namespace

InSyncAsker::InSyncAsker(env::Environment& environment)
    : environment_(environment), tasks_(environment.current_core()) {}

void InSyncAsker::begin(metadata::ControllerPort& controller, BrokerId self, BrokerEpoch epoch) {
  controller_ = &controller;
  self_ = self;
  epoch_ = epoch;
  start();
}

Task<void> InSyncAsker::stop() {
  co_await tasks_.stop();
  waiting_.clear();
}

void InSyncAsker::proposed(const std::shared_ptr<Partition>& partition, InSyncProposal proposal) {
  waiting_.push_back({partition, partition->id(), std::move(proposal)});
  start();
}

void InSyncAsker::start() {
  if (controller_ == nullptr || asking_ || waiting_.empty()) return;
  asking_ = true;
  if (!tasks_.spawn("in-sync sets", ask(shared_from_this()))) asking_ = false;
}

Task<void> InSyncAsker::ask(std::shared_ptr<InSyncAsker> self) {
  while (!self->waiting_.empty() && !self->tasks_.stopping()) {
    const std::vector<Waiting> asked = std::exchange(self->waiting_, {});
    metadata::AlterInSync event{.broker = self->self_, .epoch = self->epoch_, .partitions = {}};
    for (const Waiting& each : asked)
      event.partitions.push_back({.partition = each.id,
                                  .leader_epoch = each.proposal.leader_epoch,
                                  .partition_epoch = each.proposal.partition_epoch,
                                  .in_sync = each.proposal.in_sync});
    auto answer =
        co_await self->controller_->propose(std::move(event), self->environment_.now() + kTimeout);
    for (std::size_t i = 0; i < asked.size(); i++) {
      Errc outcome = answer ? Errc::none : answer.error().code;
      if (answer && !answer->items.at(i)) outcome = answer->items[i].error().code;
      if (outcome != Errc::none)
        log_debug("in-sync set of {}: {}", asked[i].id,
                  answer ? answer->items[i].error() : answer.error());
      tell(asked[i], outcome);
    }
  }
  self->asking_ = false;
}

void InSyncAsker::tell(const Waiting& waiting, Errc outcome) {
  const auto partition = waiting.partition.lock();
  if (!partition) return;
  partition->proposal_answered(waiting.proposal.leader_epoch,
                               {.ticket = waiting.proposal.ticket, .outcome = outcome});
}

}  // namespace ropewalk::replication
