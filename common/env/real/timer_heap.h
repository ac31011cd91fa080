// The timers of one core: a binary heap in which every entry knows its place, so that cancelling
// is O(log n) and leaves nothing behind.
//
// Not thread-safe. Jobs of the same time come in the order in which they were added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/env/core.h"
#include "common/env/time.h"

namespace ropewalk::env::real {

class TimerHeap {
 public:
  TimerId add(MonotonicTime when, Job job);
  // The job if it was still waiting, else an empty one. The caller destroys it: its destructor may
  // come back to this heap.
  Job take(TimerId timer);

  bool empty() const { return heap_.empty(); }
  MonotonicTime next() const { return heap_.front().when; }  // Pre: not empty.
  // A mark between what was added before now and what comes after.
  std::uint64_t mark() const { return next_order_; }
  // The first job, if it is due and was added before the mark; else an empty one. The mark keeps a
  // job that arms itself for "now" from starving the core.
  Job take_due(MonotonicTime now, std::uint64_t mark);
  // Everything left.
  std::vector<Job> clear();

 private:
  struct Entry {
    MonotonicTime when;
    std::uint64_t order;
    std::uint32_t slot;
  };
  struct Slot {
    Job job;
    std::size_t place = 0;         // Into heap_.
    std::uint32_t generation = 1;  // Tells a reused slot's timers apart; never 0.
    bool waiting = false;
  };

  static bool earlier(const Entry& a, const Entry& b);
  void put(std::size_t place, const Entry& entry);
  void sift_up(std::size_t place, const Entry& entry);
  void sift_down(std::size_t place, const Entry& entry);
  Job remove(std::size_t place);

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t next_order_ = 0;
};

}  // namespace ropewalk::env::real
