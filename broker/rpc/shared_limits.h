// What the connections of several servers share, so that a limit of the settings is one of all
// listeners together.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>

#include "broker/rpc/seats.h"
#include "broker/rpc/shortage.h"

namespace ropewalk::rpc {

// Bytes for large frames that all connections share. Any thread.
class FrameBudget {
 public:
  explicit FrameBudget(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  // A frame larger than the whole budget is let through when nothing else is held.
  bool take(std::size_t bytes) {
    const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before == 0 || before + bytes <= limit_bytes_) return true;
    give(bytes);
    return false;
  }
  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  // One frame at a time may grow beyond the limit: else frames that have begun could use it up and
  // wait for each other. False while another one does.
  bool begin_overdraft() { return !overdrawn_.exchange(true, std::memory_order_acquire); }
  void end_overdraft() { overdrawn_.store(false, std::memory_order_release); }
  void overdraw(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  std::size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  std::size_t limit_bytes() const { return limit_bytes_; }

 private:
  const std::size_t limit_bytes_;
  std::atomic<std::size_t> used_{0};
  std::atomic<bool> overdrawn_{false};
};

// Memory in answers that peers have not taken yet, of all connections. From half of the limit on
// who holds more than an equal share of that half gets no more, at the limit nobody. Any thread.
struct AnswerBudget {
  explicit AnswerBudget(std::size_t most) : limit_bytes(most) {}
  void change(std::size_t from, std::size_t to) {
    used.fetch_add(to - from, std::memory_order_relaxed);
  }
  std::size_t used_bytes() const { return used.load(std::memory_order_relaxed); }
  // While half of the limit is used, somebody holds as much.
  std::size_t share_bytes(std::size_t connections) const {
    return limit_bytes / 2 / std::max<std::size_t>(connections, 1);
  }
  bool is_full_for(std::size_t held, std::size_t connections) const {
    const std::size_t all = used_bytes();
    return all >= limit_bytes || (all >= limit_bytes / 2 && held >= share_bytes(connections));
  }

  const std::size_t limit_bytes;
  std::atomic<std::size_t> used{0};
};

struct Limits {
  std::size_t connections_max = 1000;           // More are closed at once, with a line in the log.
  std::size_t connections_per_address_max = 0;  // 0: as many as in all.
  std::size_t frame_budget_bytes = 256 << 20;   // Frames that are larger than a page.
  std::size_t answer_bytes_max = 64 << 20;      // Not taken yet.
};

// All servers that use it accept on one core; else any thread.
struct SharedLimits {
  explicit SharedLimits(const Limits& limits)
      : seats(limits.connections_max, limits.connections_per_address_max),
        frames(std::make_shared<FrameBudget>(limits.frame_budget_bytes)),
        answers(limits.answer_bytes_max) {}

  Seats seats;
  const std::shared_ptr<FrameBudget> frames;
  AnswerBudget answers;
  Shortage answers_short;  // A request was sent away for want of memory for answers.
  Shortage frames_short;   // A request waited for memory to be received into.
};

}  // namespace ropewalk::rpc
