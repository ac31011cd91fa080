#include "common/env/real/timer_heap.h"

#include <utility>

namespace ropewalk::env::real {

TimerId TimerHeap::add(MonotonicTime when, Job job) {
  std::uint32_t index;
  if (free_slots_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.job = std::move(job);
  slot.waiting = true;
  heap_.emplace_back();
  sift_up(heap_.size() - 1, Entry{when, next_order_++, index});
  return TimerId{(std::uint64_t{slot.generation} << 32) | index};
}

Job TimerHeap::take(TimerId timer) {
  const auto number = static_cast<std::uint64_t>(timer);
  const auto index = static_cast<std::uint32_t>(number);
  const auto generation = static_cast<std::uint32_t>(number >> 32);
  if (index >= slots_.size()) return {};
  const Slot& slot = slots_[index];
  if (!slot.waiting || slot.generation != generation) return {};
  return remove(slot.place);
}

Job TimerHeap::take_due(MonotonicTime now, std::uint64_t mark) {
  if (heap_.empty() || heap_.front().when > now || heap_.front().order >= mark) return {};
  return remove(0);
}

std::vector<Job> TimerHeap::clear() {
  std::vector<Job> jobs;
  while (!heap_.empty()) jobs.push_back(remove(heap_.size() - 1));
  return jobs;
}

bool TimerHeap::earlier(const Entry& a, const Entry& b) {
  return a.when != b.when ? a.when < b.when : a.order < b.order;
}

void TimerHeap::put(std::size_t place, const Entry& entry) {
  heap_[place] = entry;
  slots_[entry.slot].place = place;
}

void TimerHeap::sift_up(std::size_t place, const Entry& entry) {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!earlier(entry, heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void TimerHeap::sift_down(std::size_t place, const Entry& entry) {
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && earlier(heap_[child + 1], heap_[child])) child++;
    if (!earlier(heap_[child], entry)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, entry);
}

Job TimerHeap::remove(std::size_t place) {
  const std::uint32_t index = heap_[place].slot;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) {
    if (place > 0 && earlier(last, heap_[(place - 1) / 2]))
      sift_up(place, last);
    else
      sift_down(place, last);
  }
  Slot& slot = slots_[index];
  slot.waiting = false;
  if (++slot.generation == 0) slot.generation = 1;
  free_slots_.push_back(index);
  return std::exchange(slot.job, {});
}

}  // namespace ropewalk::env::real
