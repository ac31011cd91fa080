#include "broker/log/epoch_starts.h"

#include <algorithm>

#include "common/error.h"

namespace ropewalk::log {

void EpochStarts::appended(LeaderEpoch epoch, Offset start) {
  if (!entries_.empty()) {
    if (entries_.back().epoch == epoch) return;
    ENSURE(entries_.back().epoch < epoch && entries_.back().start <= start,
           "epoch {} at {} behind epoch {} at {}", epoch, start, entries_.back().epoch,
           entries_.back().start);
    if (entries_.back().start == start) entries_.pop_back();  // It was left without a record.
  }
  entries_.push_back({epoch, start});
}

void EpochStarts::truncate(Offset end) {
  while (!entries_.empty() && entries_.back().start >= end) entries_.pop_back();
}

void EpochStarts::trim(Offset start) {
  auto covering = std::ranges::upper_bound(entries_, start, {}, &EpochStart::start);
  if (covering == entries_.begin()) return;
  covering = entries_.erase(entries_.begin(), covering - 1);
  covering->start = start;
}

std::optional<LeaderEpoch> EpochStarts::last() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back().epoch;
}

std::optional<LeaderEpoch> EpochStarts::epoch_at(Offset offset) const {
  const auto behind = std::ranges::upper_bound(entries_, offset, {}, &EpochStart::start);
  if (behind == entries_.begin()) return std::nullopt;
  return (behind - 1)->epoch;
}

std::optional<EpochEnd> EpochStarts::end_of(LeaderEpoch epoch, Offset log_end) const {
  const auto behind = std::ranges::upper_bound(entries_, epoch, {}, &EpochStart::epoch);
  if (behind == entries_.begin()) return std::nullopt;
  return EpochEnd{(behind - 1)->epoch, behind == entries_.end() ? log_end : behind->start};
}

}  // namespace ropewalk::log
