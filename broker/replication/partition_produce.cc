// Batches of producers, and their answers.
#include <utility>

#include "broker/replication/partition.h"

namespace ropewalk::replication {

void Partition::produce(std::shared_ptr<ProduceSink> sink, std::vector<ProduceItem> items) {
  std::size_t bytes = 0;
  for (const ProduceItem& item : items) bytes += item.batch.size();
  env::Core& core = environment_.current_core();
  serial_.enter(
      [this, &core, sink = std::move(sink), items = std::move(items)]() mutable {
        for (ProduceItem& item : items) {
          const auto appended = append(core, sink, item);
          if (!appended) outbox_.add(core, sink, item.item, std::unexpected(appended.error()));
        }
      },
      bytes);
}

Result<void> Partition::append(env::Core& core, const std::shared_ptr<ProduceSink>& sink,
                               ProduceItem& item) {
  auto taken = check_role(item.expected_epoch);
  if (taken) taken = leader_->admit(item.acks);
  if (!taken) return refused(item, std::move(taken).error());
  if (item.sequenced.is_idempotent()) {
    if (item.follows_refused && !producers_.knows(item.sequenced.producer))
      return fail(std::move(*item.follows_refused));
    const auto original = producers_.check(item.sequenced);
    if (!original) return out_of_order(item, original.error());
    if (*original) {  // R9: answered under the same condition as the original.
      wait(core, sink, item, **original);
      return {};
    }
  }
  if (auto full = why_full()) return refused(item, std::move(*full));
  const Placed placed{.base_offset = log_->next_offset(),
                      .append_time_ms = item.append_time_ms,
                      .record_count = item.sequenced.record_count};
  TRY(auto stamped, log::StampedBatch::stamp(std::move(item.batch), placed.base_offset, epoch_));
  if (item.sequenced.is_idempotent()) producers_.record(item.sequenced, placed);
  log_->append(std::move(stamped));
  wait(core, sink, item, placed);
  return {};
}

// A batch behind one that was refused before it came here.
std::unexpected<Error> Partition::out_of_order(ProduceItem& item, const Error& error) {
  const bool has_cause = item.follows_refused && error.code == Errc::out_of_order_sequence_number;
  return fail(has_cause ? std::move(*item.follows_refused) : error);
}

// What follows it in the producer's pipeline is refused like it, until it comes again.
std::unexpected<Error> Partition::refused(const ProduceItem& item, Error error) {
  if (item.sequenced.is_idempotent() && is_retriable(error.code))
    producers_.refused(item.sequenced, error.code);
  return fail(std::move(error));
}

// Why its directory takes no records for now, if it does not.
std::optional<Error> Partition::why_full() {
  if (space_.is_short()) return space_.shortage();
  if (!log_->unsynced().is_full()) return std::nullopt;
  log_->request_sync();
  return log_->unsynced().refuse_batch();
}

void Partition::wait(env::Core& core, const std::shared_ptr<ProduceSink>& sink,
                     const ProduceItem& item, Placed placed) {
  WaiterId id = static_cast<WaiterId>(waiters_.size());
  if (free_waiters_.empty()) {
    waiters_.emplace_back();
  } else {
    id = free_waiters_.back();
    free_waiters_.pop_back();
  }
  waiters_[id] = {.core = &core,
                  .sink = sink,
                  .item = item.item,
                  .appended = {.base_offset = placed.base_offset,
                               .append_time_ms = placed.append_time_ms,
                               .log_start = log_->log_start()}};
  const Offset end = placed.next_offset();
  if (end <= log_->readable_end())
    carry_out(
        leader_->step(Waits{.waiter = id, .acks = item.acks, .end = end}, environment_.now()));
  else
    unwritten_.push_back({.waiter = id, .acks = item.acks, .end = end});
}

void Partition::answer(WaiterId id) {
  Waiter waiter = take(id);
  outbox_.add(*waiter.core, std::move(waiter.sink), waiter.item, waiter.appended);
}

void Partition::refuse(WaiterId id, Error error) {
  Waiter waiter = take(id);
  outbox_.add(*waiter.core, std::move(waiter.sink), waiter.item, std::unexpected(std::move(error)));
}

Partition::Waiter Partition::take(WaiterId id) {
  free_waiters_.push_back(id);
  return std::exchange(waiters_[id], {});
}

}  // namespace ropewalk::replication
