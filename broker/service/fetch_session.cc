#include "broker/service/fetch_session.h"

#include <functional>
#include <string>
#include <utility>

namespace ropewalk::service {
namespace {

// Of a list's node and of a set's, beside the entry.
constexpr std::size_t kNodeBytes = 8 * sizeof(void*);

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

void FetchSession::want(FetchPartition partition) {
  const auto known = by_name_.find(Name{partition.topic, partition.partition});
  if (known != by_name_.end()) {
    (*known)->wanted = std::move(partition);
    return;
  }
  entries_.push_back({.wanted = std::move(partition)});
  by_name_.insert(std::prev(entries_.end()));
  bytes_ += bytes_of(entries_.back());
}

void FetchSession::forget(const ForgottenPartition& partition) {
  const auto known = by_name_.find(Name{partition.topic, partition.partition});
  if (known == by_name_.end()) return;
  const auto entry = *known;
  by_name_.erase(known);
  bytes_ -= bytes_of(*entry);
  entries_.erase(entry);
}

std::vector<FetchPartition> FetchSession::wanted() const {
  std::vector<FetchPartition> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) all.push_back(entry.wanted);
  return all;
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
  if (result.records_bytes > 0) entries_.splice(entries_.end(), entries_, entry);
  return news;
}

}  // namespace ropewalk::service
