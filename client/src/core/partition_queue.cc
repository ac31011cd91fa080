#include "client/src/core/partition_queue.h"

#include <algorithm>

namespace ropewalk::client {

using State = ProducerBatch::State;
using std::chrono::milliseconds;

PartitionQueue::Appended PartitionQueue::append(const AdmittedRecord& record, const Clock& now) {
  Appended result;
  if (!unsent_.empty() && !unsent_.back()->closed) {
    const ProducerBatch& open = *unsent_.back();
    if (open.builder.size() + record.bytes_max > limits_->batch_bytes ||
        open.generation != record.generation) {
      unsent_.back()->closed = true;
      result.closed = true;
    }
  }
  if (unsent_.empty() || unsent_.back()->closed) {
    const std::size_t expected =
        std::max(limits_->batch_bytes / 4, kBatchHeaderBytes + record.bytes_max);
    result.opened = true;
    unsent_.push_back(
        std::make_shared<ProducerBatch>(where_, *supplies_, expected, record.generation, now()));
  }
  ProducerBatch& batch = *unsent_.back();
  batch.builder.append(record.encoded);
  result.batch = &batch;
  result.index = batch.deliveries->add(Timestamp(milliseconds(record.encoded.timestamp)));
  if (record.early) batch.early.push_back({.index = result.index, .delivery = record.early});
  batch.charged_bytes += record.charged_bytes;
  batch.count++;
  if (batch.builder.size() >= limits_->batch_bytes) {
    batch.closed = true;
    result.closed = true;
  }
  return result;
}

void PartitionQueue::close_open_batch(std::uint64_t generation) {
  if (!unsent_.empty() && unsent_.back()->generation < generation) unsent_.back()->closed = true;
}

// Counts from the oldest undecided batch, whatever became of those behind it.
bool PartitionQueue::window_open() const {
  return sent_.empty() || next_ordinal_ - sent_.front()->ordinal < limits_->in_flight_max;
}

// Nothing behind it may be in flight: those come back first, and all leave again in order.
bool PartitionQueue::retry_allowed(std::size_t index) const {
  for (std::size_t later = index + 1; later < sent_.size(); later++) {
    if (sent_[later]->state == State::in_flight) return false;
  }
  return true;
}

bool PartitionQueue::front_is_due(env::MonotonicTime now) const {
  return unsent_.front()->closed || now >= unsent_.front()->created + limits_->linger;
}

bool PartitionQueue::in_flight_elsewhere(const Way& way) const {
  return std::ranges::any_of(sent_, [&way](const ProducerBatchPtr& batch) {
    return batch->state == State::in_flight && batch->sent_by != way;
  });
}

ProducerBatchPtr PartitionQueue::take(env::MonotonicTime now, bool new_allowed,
                                      const ProducerStamp& producer, const Way& way) {
  if (now < not_before_ || in_flight_elsewhere(way)) return nullptr;
  for (std::size_t index = 0; index < sent_.size(); index++) {
    if (sent_[index]->state != State::waiting) continue;
    if (!retry_allowed(index)) return nullptr;
    sent_[index]->state = State::in_flight;
    sent_[index]->attempts++;
    sent_[index]->sent_by = way;
    return sent_[index];
  }
  if (!new_allowed || has_parked() || unsent_.empty() || !front_is_due(now)) return nullptr;
  if (!window_open()) return nullptr;
  ProducerBatchPtr batch = std::move(unsent_.front());
  unsent_.pop_front();
  batch->closed = true;
  batch->state = State::in_flight;
  batch->attempts++;
  batch->sent_by = way;
  batch->ordinal = next_ordinal_++;
  if (limits_->idempotent) {
    batch->stamp = {.id = producer.id, .epoch = producer.epoch, .base_sequence = next_sequence_};
    next_sequence_ = sequence_after(next_sequence_, batch->count);
  }
  sent_.push_back(batch);
  return batch;
}

env::MonotonicTime PartitionQueue::ready_at(bool new_allowed) const {
  for (std::size_t index = 0; index < sent_.size(); index++) {
    if (sent_[index]->state == State::waiting)
      return retry_allowed(index) ? not_before_ : env::kNever;
  }
  if (!new_allowed || has_parked() || unsent_.empty() || !window_open()) return env::kNever;
  const ProducerBatch& front = *unsent_.front();
  return std::max(not_before_, front.closed ? front.created : front.created + limits_->linger);
}

void PartitionQueue::remove_sent(const ProducerBatchPtr& batch) {
  const auto at = std::ranges::find(sent_, batch);
  ENSURE(at != sent_.end(), "a batch of {} that was not sent", where_.topic);
  batch->state = State::done;
  sent_.erase(at);
}

void PartitionQueue::succeeded(const ProducerBatchPtr& batch) {
  remove_sent(batch);
  not_before_ = {};
}

bool PartitionQueue::failed(const ProducerBatchPtr& batch, const Error& error, bool answered,
                            double jitter, env::MonotonicTime now) {
  if (!answered) batch->ambiguous = true;
  const bool expired = now >= batch->created + limits_->delivery_timeout;
  if (error.code == Errc::out_of_order_sequence_number && limits_->idempotent && !expired) {
    const auto undecided_before = std::ranges::find_if(
        sent_, [](const ProducerBatchPtr& other) { return other->state != State::parked; });
    const bool first = undecided_before != sent_.end() && *undecided_before == batch;
    batch->state = first ? State::parked : State::waiting;
    if (first) batch->ambiguous = false;
    return false;
  }
  if (!is_retriable(error.code) || expired) {
    remove_sent(batch);
    // Certainly not stored and nothing was sent behind it: its sequence is free again.
    if (limits_->idempotent && answered && !batch->ambiguous && sent_.empty() &&
        !is_retriable(error.code))
      next_sequence_ = batch->stamp.base_sequence;
    return true;
  }
  batch->state = State::waiting;
  batch->last_error = error;
  const int doublings = std::min(batch->attempts - 1, 10);
  const env::Duration backoff = std::min(limits_->backoff * (1 << doublings), limits_->backoff_max);
  not_before_ = now + backoff +
                env::Duration(static_cast<env::Duration::rep>(
                    jitter * static_cast<double>(backoff.count()) / 4));
  return false;
}

std::vector<ProducerBatchPtr> PartitionQueue::expire(env::MonotonicTime now) {
  std::vector<ProducerBatchPtr> expired;
  const auto take_from = [&](std::deque<ProducerBatchPtr>& batches) {
    std::erase_if(batches, [&](const ProducerBatchPtr& batch) {
      if (batch->state == State::in_flight || now < batch->created + limits_->delivery_timeout)
        return false;
      batch->state = State::done;
      batch->closed = true;
      expired.push_back(batch);
      return true;
    });
  };
  take_from(sent_);
  take_from(unsent_);
  return expired;
}

env::MonotonicTime PartitionQueue::next_expiry() const {
  env::MonotonicTime next = env::kNever;
  for (const auto* batches : {&sent_, &unsent_}) {
    for (const ProducerBatchPtr& batch : *batches) {
      if (batch->state != State::in_flight)
        next = std::min(next, batch->created + limits_->delivery_timeout);
    }
  }
  return next;
}

std::vector<ProducerBatchPtr> PartitionQueue::take_all() {
  std::vector<ProducerBatchPtr> all(sent_.begin(), sent_.end());
  all.insert(all.end(), unsent_.begin(), unsent_.end());
  for (const ProducerBatchPtr& batch : all) batch->state = State::done;
  sent_.clear();
  unsent_.clear();
  return all;
}

ProducerBatchPtr PartitionQueue::drop_oldest_unsent() {
  ProducerBatchPtr dropped = std::move(unsent_.front());
  unsent_.pop_front();
  dropped->state = State::done;
  dropped->closed = true;
  return dropped;
}

bool PartitionQueue::has_parked() const {
  return std::ranges::any_of(
      sent_, [](const ProducerBatchPtr& batch) { return batch->state == State::parked; });
}

bool PartitionQueue::undecided() const {
  return std::ranges::any_of(
      sent_, [](const ProducerBatchPtr& batch) { return batch->state != State::parked; });
}

void PartitionQueue::restart_sequences() {
  ENSURE(!undecided(), "an epoch change with a batch of {} undecided", where_.topic);
  while (!sent_.empty()) {
    ProducerBatchPtr batch = std::move(sent_.back());
    sent_.pop_back();
    batch->state = State::unsent;
    unsent_.push_front(std::move(batch));
  }
  next_sequence_ = 0;
  not_before_ = {};
}

}  // namespace ropewalk::client
