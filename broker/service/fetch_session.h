// What a fetch session remembers (KIP-227): which partitions the client wants, in the order in
// which they are served, and what it was told of each.
//
// Pure. Owned by FetchSessions, on the session's core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_set>
#include <vector>

#include "broker/service/fetch_request.h"

namespace ropewalk::service {

class FetchSession {
 public:
  FetchSession() = default;
  FetchSession(const FetchSession&) = delete;
  FetchSession& operator=(const FetchSession&) = delete;

  // One that is known keeps its place, a new one comes last.
  void want(FetchPartition partition);
  void forget(const ForgottenPartition& partition);

  // All of them, in order.
  std::vector<FetchPartition> wanted() const;
  // Of `results`, one for each of some of its partitions, leaves those that are news to the client:
  // with records, an error, a log that diverges, or a watermark or a start that it was not told
  // yet. It counts as told of these now. A partition with records is served last from now on, so
  // that none starves.
  void tell_news(std::vector<FetchResult>& results);
  // As tell_news(), for an answer that lists all of `results`.
  void tell_all(const std::vector<FetchResult>& results);

  std::size_t size() const { return entries_.size(); }
  // About what it takes of memory.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    FetchPartition wanted;
    Offset told_high_watermark = kNoOffset;
    Offset told_log_start = kNoOffset;
  };
  using Entries = std::list<Entry>;
  // Finds entries by what names a partition, which stands in the entry only.
  struct Name {
    const TopicRef& topic;
    std::int32_t partition;
  };
  static Name name_of(const Name& name) { return name; }
  static Name name_of(Entries::const_iterator entry) {
    return {entry->wanted.topic, entry->wanted.partition};
  }
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const auto& named) const { return hash(name_of(named)); }
    static std::size_t hash(const Name& name);
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return same(name_of(a), name_of(b)); }
    static bool same(const Name& a, const Name& b);
  };
  static std::size_t bytes_of(const Entry& entry);
  bool tell(const FetchResult& result);

  Entries entries_;
  std::unordered_set<Entries::iterator, Hash, Same> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace ropewalk::service
