#include "client/cli/bench/sent_records.h"

#include <algorithm>

namespace ropewalk::cli {

SentRecords::Next SentRecords::begin() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = fates_.size();
  fates_.emplace_back();
  return {number, static_cast<std::int32_t>(number % last_read_.size())};
}

void SentRecords::acknowledged(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  fates_[number].acknowledged = true;
  counts_.acknowledged++;
}

void SentRecords::failed() {
  const std::lock_guard lock(mutex_);
  counts_.failed++;
}

void SentRecords::read(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (number >= fates_.size()) return;
  std::int64_t& last = last_read_[number % last_read_.size()];
  const auto signed_number = static_cast<std::int64_t>(number);
  if (fates_[number].read)
    counts_.doubled++;
  else if (signed_number < last)
    counts_.out_of_order++;
  fates_[number].read = true;
  last = std::max(last, signed_number);
}

SentRecords::Verdict SentRecords::verdict() const {
  const std::lock_guard lock(mutex_);
  Verdict verdict = counts_;
  verdict.sent = fates_.size();
  verdict.lost = static_cast<std::uint64_t>(std::ranges::count_if(
      fates_, [](const Fate& fate) { return fate.acknowledged && !fate.read; }));
  return verdict;
}

}  // namespace ropewalk::cli
