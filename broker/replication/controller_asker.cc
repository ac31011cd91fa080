#include "broker/replication/controller_asker.h"

#include <chrono>
#include <utility>

#include "broker/replication/partition.h"
#include "common/log.h"

namespace ropewalk::replication {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::chrono::milliseconds kAgainAfter{200};

}  // namespace

ControllerAsker::ControllerAsker(env::Environment& environment,
                                 std::function<void(const TopicPartition&, const Error&)> on_failed)
    : environment_(environment),
      core_(environment.current_core()),
      on_failed_(std::move(on_failed)),
      wanted_(core_),
      tasks_(core_) {}

void ControllerAsker::begin(metadata::ControllerPort& controller, BrokerId self,
                            BrokerEpoch epoch) {
  controller_ = &controller;
  self_ = self;
  epoch_ = epoch;
  tasks_.spawn("asking the controller", run(shared_from_this()));
}

Task<void> ControllerAsker::stop() {
  co_await tasks_.stop();
  proposals_.clear();
}

void ControllerAsker::proposed(const std::shared_ptr<Partition>& partition,
                               InSyncProposal proposal) {
  proposals_.push_back({partition, partition->id(), std::move(proposal)});
  wanted_.set();
}

void ControllerAsker::failed(const TopicPartition& id, const Error& why) {
  if (on_failed_) on_failed_(id, why);
  failed_.insert(id);
  wanted_.set();
}

void ControllerAsker::all_synced(const TopicPartition& id, LeaderEpoch epoch) {
  synced_.insert({id, epoch});
  wanted_.set();
}

Task<void> ControllerAsker::run(Self self) {
  for (;;) {
    const bool waiting = self->is_idle();
    if (waiting) {
      const auto wanted = co_await self->wanted_.wait();
      if (!wanted) co_return;
    }
    self->wanted_.reset();
    if (!self->proposals_.empty()) co_await self->ask_for_sets();
    bool heard = true;
    if (!self->failed_.empty()) heard = co_await self->report_failures();
    if (heard && !self->synced_.empty()) heard = co_await self->report_synced();
    if (self->tasks_.stopping()) co_return;
    if (heard) continue;
    // A proposal does not wait for that.
    const auto slept = co_await self->wanted_.wait_until(self->environment_.now() + kAgainAfter);
    if (!slept && slept.error().code != Errc::request_timed_out) co_return;
  }
}

Task<void> ControllerAsker::ask_for_sets() {
  const std::vector<Proposed> asked = std::exchange(proposals_, {});
  metadata::AlterInSync alter{.broker = self_, .epoch = epoch_, .partitions = {}};
  for (const Proposed& each : asked)
    alter.partitions.push_back({.partition = each.id,
                                .leader_epoch = each.proposal.leader_epoch,
                                .partition_epoch = each.proposal.partition_epoch,
                                .in_sync = each.proposal.in_sync});
  metadata::ControllerEvent event = std::move(alter);
  const auto answer =
      co_await controller_->propose(std::move(event), environment_.now() + kTimeout);
  for (std::size_t i = 0; i < asked.size(); i++) {
    Error outcome{Errc::none, {}};
    if (!answer)
      outcome = answer.error();
    else if (!answer->items.at(i))
      outcome = answer->items[i].error();
    if (outcome.code != Errc::none) log_debug("in-sync set of {}: {}", asked[i].id, outcome);
    if (const auto partition = asked[i].partition.lock())
      partition->proposal_answered(asked[i].proposal.leader_epoch,
                                   {.ticket = asked[i].proposal.ticket, .outcome = outcome.code});
  }
}

// What a life that is over has to say is of no interest: it registers anew and says it then.
Task<bool> ControllerAsker::report_failures() {
  metadata::ReportDamaged report{.broker = self_, .epoch = epoch_, .partitions = {}};
  report.partitions.assign(failed_.begin(), failed_.end());
  const std::vector<TopicPartition> told = report.partitions;
  metadata::ControllerEvent event = std::move(report);
  const auto answer =
      co_await controller_->propose(std::move(event), environment_.now() + kTimeout);
  if (!answer) co_return false;
  for (std::size_t i = 0; i < told.size(); i++) {
    failed_.erase(told[i]);
    if (!answer->items.at(i))
      log_warn("telling the controller that the replica of {} has failed: {}", told[i],
               answer->items[i].error());
  }
  co_return true;
}

Task<bool> ControllerAsker::report_synced() {
  while (!synced_.empty()) {
    const Synced told = *synced_.begin();
    metadata::ControllerEvent event = metadata::ReportSynced{
        .broker = self_, .epoch = epoch_, .partition = told.id, .leader_epoch = told.epoch};
    const auto answer =
        co_await controller_->propose(std::move(event), environment_.now() + kTimeout);
    if (!answer) co_return false;
    synced_.erase(told);
  }
  co_return true;
}

}  // namespace ropewalk::replication
