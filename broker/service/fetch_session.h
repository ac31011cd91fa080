// What a fetch session remembers (KIP-227): which partitions the client wants, in the order in
// which they are served, what it was told of each, and which of them have nothing to read.
//
// A quiet partition is one that had nothing behind its offset and is watched: it is not looked at
// again until something moves in it, so that a fetch costs nothing for partitions in which nothing
// happens. Pure. Owned by FetchSessions, on the session's core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_set>
#include <vector>

#include "broker/service/fetch_request.h"

namespace ropewalk::service {

// One partition of a request or session. Slots are small numbers, each of one partition at a time.
struct SlottedPartition {
  FetchPartition wanted;
  std::uint32_t slot = 0;
};

class FetchSession {
 public:
  FetchSession() = default;
  FetchSession(const FetchSession&) = delete;
  FetchSession& operator=(const FetchSession&) = delete;

  // One that is known keeps its place, a new one comes last. It is to be looked at.
  void want(FetchPartition partition);
  // The slot that became free.
  std::optional<std::uint32_t> forget(const ForgottenPartition& partition);

  // Those to be looked at, in order: all that are not quiet.
  std::vector<SlottedPartition> to_look_at() const;
  // There was nothing in it, and it is watched.
  void found_quiet(std::uint32_t slot);
  // Something moved in it. None: it is to be looked at anyway, or has gone.
  std::optional<SlottedPartition> moved(std::uint32_t slot);
  // None is watched any more; returns those that were quiet.
  std::vector<SlottedPartition> wake_all();

  // Of `results`, one for each of some of its partitions, leaves those that are news to the client:
  // with records, an error, a log that diverges, or a watermark or a start that it was not told
  // yet. It counts as told of these now. A partition with records is served last from now on, so
  // that none starves.
  void tell_news(std::vector<FetchResult>& results);
  // As tell_news(), for an answer that lists all of `results`.
  void tell_all(const std::vector<FetchResult>& results);

  std::size_t size() const { return by_name_.size(); }
  // About what it takes of memory, with the watches.
  std::size_t bytes() const;

 private:
  struct Entry {
    FetchPartition wanted;
    std::uint32_t slot = 0;
    bool quiet = false;
    Offset told_high_watermark = kNoOffset;
    Offset told_log_start = kNoOffset;
    // The last time that there were any: whoever asks for them again could not use them.
    Offset told_records_from = kNoOffset;
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
  static SlottedPartition slotted(const Entry& entry);
  std::uint32_t take_slot(Entries::iterator entry);
  void put_last(Entries::iterator entry);
  bool tell(const FetchResult& result);

  Entries busy_;  // To be looked at, in order.
  Entries quiet_;
  std::unordered_set<Entries::iterator, Hash, Same> by_name_;
  std::vector<std::optional<Entries::iterator>> by_slot_;
  std::vector<std::uint32_t> free_slots_;
  std::size_t bytes_ = 0;  // Of the entries.
};

}  // namespace ropewalk::service
