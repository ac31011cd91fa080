// The entries that a replica holds in memory: everything behind its snapshot, and some before.
//
// A copy of what is on disk, for the core, which does no I/O. Bounded by how often snapshots are
// made. Not thread-safe; owned by the core.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "broker/quorum/raft/entry.h"

namespace ropewalk::quorum {

class RaftLog {
 public:
  // Pre: `entries` follow `before` without a gap, in terms that do not fall.
  RaftLog(LogEnd before, std::vector<Entry> entries);

  LogEnd before() const { return before_; }  // The entry in front of the first one held.
  LogEnd end() const;
  // The term of an entry that is held, or of the one in front of them.
  std::optional<Term> term_at(Offset index) const;
  bool has(const LogEnd& entry) const { return term_at(entry.index) == entry.term; }
  // Pre: it is held.
  const Entry& at(Offset index) const;
  // The last place at or before `end` whose term is not above `end`'s: a log that ends there agrees
  // with this one nowhere behind it. The beginning, if that place is no longer held.
  LogEnd last_agreement(const LogEnd& end) const;

  // From `from` on, at most that many entries and bytes, but at least one if there is one.
  // Pre: from > before().index.
  std::vector<Entry> slice(Offset from, Offset end, std::size_t count_max,
                           std::size_t bytes_max) const;

  // Pre: the next index, a term that does not fall.
  void append(Entry entry);
  // Pre: first > before().index.
  void truncate_from(Offset first);
  // Forgets entries up to `upto`, but keeps the last `keep_bytes` of them. Pre: they are held.
  void forget(Offset upto, std::size_t keep_bytes);
  // Only what follows `before` is here from now on: nothing.
  void reset(LogEnd before);

 private:
  LogEnd before_;
  std::deque<Entry> entries_;
};

}  // namespace ropewalk::quorum
