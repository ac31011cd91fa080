#include "broker/service/fetch_session.h"

#include <functional>
#include <string>
#include <utility>

namespace ropewalk::service {
namespace {

// Of a list's node and of a set's, beside the entry.
constexpr std::size_t kNodeBytes = 8 * sizeof(void*);
// What looks at a slot's partition, and its watch there.
constexpr std::size_t kSlotBytes = 256;

}  // namespace

std::size_t FetchSession::Hash::hash(const Name& name) {
  const std::size_t topic = name.topic.id.is_none() ? std::hash<std::string>{}(name.topic.name)
                                                    : std::hash<TopicId>{}(name.topic.id);
  return topic * 31 + static_cast<std::size_t>(name.partition);
}

bool FetchSession::Same::same(const Name& a, const Name& b) {
  return a.partition == b.partition && a.topic.id == b.topic.id && a.topic.name == b.topic.name;
}

std::size_t FetchSession::bytes_of(const Entry& entry) {
  return sizeof(Entry) + kNodeBytes + entry.wanted.topic.name.size();
}

// Slots stay when their partitions go: others use them again.
std::size_t FetchSession::bytes() const { return bytes_ + by_slot_.size() * kSlotBytes; }

SlottedPartition FetchSession::slotted(const Entry& entry) {
  SlottedPartition slotted{entry.wanted, entry.slot};
  slotted.wanted.again |= entry.told_records_from == entry.wanted.fetch_offset;
  return slotted;
}

std::uint32_t FetchSession::take_slot(Entries::iterator entry) {
  if (free_slots_.empty()) {
    by_slot_.emplace_back(entry);
    return static_cast<std::uint32_t>(by_slot_.size() - 1);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  by_slot_[slot] = entry;
  return slot;
}

void FetchSession::put_last(Entries::iterator entry) {
  busy_.splice(busy_.end(), entry->quiet ? quiet_ : busy_, entry);
  entry->quiet = false;
}

void FetchSession::want(FetchPartition partition) {
  const auto known = by_name_.find(Name{partition.topic, partition.partition});
  if (known != by_name_.end()) {
    const auto entry = *known;
    entry->wanted = std::move(partition);
    if (entry->quiet) put_last(entry);
    return;
  }
  busy_.push_back({.wanted = std::move(partition)});
  const auto entry = std::prev(busy_.end());
  entry->slot = take_slot(entry);
  by_name_.insert(entry);
  bytes_ += bytes_of(*entry);
}

std::optional<std::uint32_t> FetchSession::forget(const ForgottenPartition& partition) {
  const auto known = by_name_.find(Name{partition.topic, partition.partition});
  if (known == by_name_.end()) return std::nullopt;
  const auto entry = *known;
  const std::uint32_t slot = entry->slot;
  by_name_.erase(known);
  by_slot_[slot].reset();
  free_slots_.push_back(slot);
  bytes_ -= bytes_of(*entry);
  (entry->quiet ? quiet_ : busy_).erase(entry);
  return slot;
}

std::vector<SlottedPartition> FetchSession::to_look_at() const {
  std::vector<SlottedPartition> all;
  all.reserve(busy_.size());
  for (const Entry& entry : busy_) all.push_back(slotted(entry));
  return all;
}

void FetchSession::found_quiet(std::uint32_t slot) {
  if (slot >= by_slot_.size() || !by_slot_[slot]) return;
  const auto entry = *by_slot_[slot];
  if (std::exchange(entry->quiet, true)) return;
  quiet_.splice(quiet_.end(), busy_, entry);
}

std::optional<SlottedPartition> FetchSession::moved(std::uint32_t slot) {
  if (slot >= by_slot_.size() || !by_slot_[slot]) return std::nullopt;
  const auto entry = *by_slot_[slot];
  if (!entry->quiet) return std::nullopt;
  put_last(entry);
  return slotted(*entry);
}

std::vector<SlottedPartition> FetchSession::wake_all() {
  std::vector<SlottedPartition> woken;
  woken.reserve(quiet_.size());
  while (!quiet_.empty()) {
    const auto entry = quiet_.begin();
    woken.push_back(slotted(*entry));
    put_last(entry);
  }
  return woken;
}

void FetchSession::tell_news(std::vector<FetchResult>& results) {
  std::erase_if(results, [this](const FetchResult& result) { return !tell(result); });
}

void FetchSession::tell_all(const std::vector<FetchResult>& results) {
  for (const FetchResult& result : results) tell(result);
}

// Whether it is news.
bool FetchSession::tell(const FetchResult& result) {
  const auto known = by_name_.find(Name{result.topic, result.partition});
  if (known == by_name_.end()) return true;  // Another request has made it forgotten meanwhile.
  const auto entry = *known;
  const bool failed = result.error.code != Errc::none;
  // Once the error is gone the client is told again how things stand.
  const Offset high_watermark = failed ? kNoOffset : result.high_watermark;
  bool news = failed || result.diverging || result.records_bytes > 0;
  news |= std::exchange(entry->told_high_watermark, high_watermark) != high_watermark;
  news |= std::exchange(entry->told_log_start, result.log_start) != result.log_start;
  if (result.records_bytes > 0) {
    entry->told_records_from = entry->wanted.fetch_offset;
    put_last(entry);
  }
  return news;
}

}  // namespace ropewalk::service
