// Ctrl-C during a run that has something to say when it is cut short.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "common/error.h"

namespace ropewalk::cli {

// While it lives the first SIGINT is told once, on a thread of the watch, instead of ending the
// program; a second one ends it all the same. Where SIGINT is ignored (a job in the background of a
// script) it stays ignored.
class InterruptWatch {
 public:
  // Pre: the program's other threads are deaf to signals (those of the client are); those that the
  // caller starts while it lives are deaf to this one.
  explicit InterruptWatch(std::function<void()> on_interrupt);
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool has_seen_one() const { return seen_.load(); }

 private:
  void wait();

  std::function<void()> on_interrupt_;
  std::atomic<bool> seen_{false};
  std::thread thread_;  // Last: it uses the others.
};

// Why a run that was interrupted ended.
Error interrupted();

// Any watch has, in this process.
bool was_interrupted();
// Ends the program as the signal would have without a watch: a shell that runs a script must see
// that it was meant too.
[[noreturn]] void end_as_interrupted();

}  // namespace ropewalk::cli
