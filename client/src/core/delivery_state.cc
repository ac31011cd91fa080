#include "client/src/core/delivery_state.h"

#include <algorithm>

#include "client/src/core/callbacks.h"

namespace ropewalk::client {

Telling::Telling(const PartitionName& where, const Result<StoredAt>& outcome) : outcome_(outcome) {
  if (outcome)
    told_->partition = where;
  else
    told_ = std::unexpected(outcome.error());
}

const Result<Delivered>& Telling::of(std::uint32_t index, Timestamp sent) {
  if (outcome_) {
    told_->offset = outcome_->base_offset < 0 ? -1 : outcome_->base_offset + index;
    told_->timestamp = outcome_->log_append_time.value_or(sent);
  }
  return told_;
}

std::uint32_t DeliveryState::add(Timestamp timestamp) {
  if (sent_.empty() || sent_.back().timestamp != timestamp)
    sent_.push_back({.first = count_, .timestamp = timestamp});
  return count_++;
}

Timestamp DeliveryState::timestamp_of(std::uint32_t index) const {
  return std::prev(std::ranges::upper_bound(sent_, index, {}, &SentAt::first))->timestamp;
}

void DeliveryState::decide(PartitionName where, Result<StoredAt> outcome) {
  std::vector<Set> callbacks;
  {
    const std::lock_guard lock(mutex_);
    if (outcome_) return;
    where_ = std::move(where);
    outcome_.emplace(std::move(outcome));
    callbacks = std::exchange(callbacks_, {});
    ready_.store(true, std::memory_order_release);
  }
  if (!callbacks.empty()) run(std::move(callbacks));
}

void DeliveryState::run(std::vector<Set> callbacks) const {
  // Mostly they are in order already: a program sets each when it has sent the record.
  if (!std::ranges::is_sorted(callbacks, {}, &Set::place))
    std::ranges::sort(callbacks, {}, &Set::place);
  Telling telling(where_, *outcome_);
  for (std::size_t i = 0; i < callbacks.size(); i++) {
    const std::uint32_t index = callbacks[i].index;
    const bool replaced = i + 1 < callbacks.size() && callbacks[i + 1].index == index;
    if (replaced || !callbacks[i].callback) continue;
    const Result<Delivered>& told = telling.of(index, timestamp_of(index));
    const auto threw = words_of_exception([&] { callbacks[i].callback(told); });
    if (threw) waiting_->callback_threw("the callback of a delivery", *threw);
  }
}

Result<Delivered> DeliveryState::result_of(std::uint32_t index) const {
  return Telling(where_, *outcome_).of(index, timestamp_of(index));
}

bool DeliveryState::wait(std::chrono::nanoseconds timeout) const {
  return ready() || waiting_->wait([this] { return ready(); }, timeout);
}

void DeliveryState::then(std::uint32_t index, Delivery::Callback callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!outcome_) {
      const auto order = static_cast<std::uint32_t>(callbacks_.size());
      callbacks_.push_back({.index = index, .order = order, .callback = std::move(callback)});
      return;
    }
  }
  callback(result_of(index));
}

}  // namespace ropewalk::client

namespace ropewalk {

bool Delivery::ready() const { return state_->ready(); }

Result<Delivered> Delivery::wait(std::chrono::nanoseconds timeout) const {
  if (!state_->wait(timeout)) return fail(Errc::request_timed_out, "the result is not there yet");
  return state_->result_of(index_);
}

void Delivery::then(Callback callback) const { state_->then(index_, std::move(callback)); }

}  // namespace ropewalk
