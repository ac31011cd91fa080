// The line that says once a second how a run goes, on a terminal only.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "client/cli/bench/bench_tally.h"

namespace ropewalk::cli {

// Of one second, and since the start. Pure.
struct LiveNumbers {
  std::uint64_t seconds = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds p99{0};  // Of all so far; zero: nothing to say.
};
// Red when nothing happened in that second, if it may have colours.
std::string live_text(const LiveNumbers& numbers, bool colours);

// Whether text on this descriptor may have colours: it is a terminal that knows them, and NO_COLOR
// (no-color.org) is not set.
bool may_have_colours(int descriptor);

// Shows the tally on stderr from a thread of its own, if that is a terminal; takes the line away
// when it ends.
class LiveLine {
 public:
  explicit LiveLine(std::shared_ptr<const BenchTally> tally);
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

 private:
  void run();

  std::shared_ptr<const BenchTally> tally_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace ropewalk::cli
