// Requests that have no reply yet, each with a deadline.
//
// A request whose deadline passed is forgotten by its owner but not by the table: its reply may
// still come and is no mistake of the peer's. Belongs to one connection. Times are the caller's, as
// durations since whatever moment it likes (env::MonotonicTime::time_since_epoch()).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/error.h"

namespace ropewalk::wire {

using Instant = std::chrono::nanoseconds;
inline constexpr Instant kNoDeadline = Instant::max();

template <class Waiter>
class CorrelationTable {
 public:
  // The id to send. kNoDeadline waits for ever.
  std::int64_t add(Waiter waiter, Instant deadline) {
    const std::int64_t id = next_id_++;
    waiting_.emplace(id, Entry{std::move(waiter), deadline});
    if (deadline != kNoDeadline) deadlines_.emplace(deadline, id);
    return id;
  }

  // Whose reply this is; nothing if its deadline has passed. Errors: malformed_frame for an id that
  // was never sent, or was answered already.
  Result<std::optional<Waiter>> take(std::int64_t id) {
    if (auto found = waiting_.find(id); found != waiting_.end()) {
      std::optional<Waiter> waiter(std::move(found->second.waiter));
      deadlines_.erase({found->second.deadline, id});
      waiting_.erase(found);
      return waiter;
    }
    if (expired_.erase(id) != 0) return std::optional<Waiter>();
    return fail(Errc::malformed_frame, "a reply to {}, which is no request without a reply", id);
  }

  // Those whose deadline is `now` or earlier, the earliest first.
  std::vector<Waiter> expire(Instant now) {
    std::vector<Waiter> late;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const std::int64_t id = deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      auto found = waiting_.find(id);
      late.push_back(std::move(found->second.waiter));
      waiting_.erase(found);
      expired_.insert(id);
    }
    return late;
  }

  // All, in the order in which they were sent: the connection has ended.
  std::vector<Waiter> take_all() {
    std::vector<Waiter> all;
    for (auto& [id, entry] : waiting_) all.push_back(std::move(entry.waiter));
    waiting_.clear();
    deadlines_.clear();
    expired_.clear();
    return all;
  }

  Instant next_deadline() const {
    return deadlines_.empty() ? kNoDeadline : deadlines_.begin()->first;
  }
  std::size_t size() const { return waiting_.size(); }
  // Replies that nobody waits for but that the peer still owes. A caller that sees many closes the
  // connection: the peer does not answer.
  std::size_t owed() const { return expired_.size(); }

 private:
  struct Entry {
    Waiter waiter;
    Instant deadline;
  };
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, Entry> waiting_;
  std::set<std::pair<Instant, std::int64_t>> deadlines_;
  std::set<std::int64_t> expired_;
};

}  // namespace ropewalk::wire
