// Records of `bench latency` that are under way: sent, and not both acknowledged and consumed.
//
// The main thread begins them and waits, the client's I/O thread acknowledges, a thread of the run
// consumes: every function may be called on any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::cli {

class Flights {
 public:
  void begin(std::uint64_t number, env::MonotonicTime due);
  // When it was due; nothing if it is not under way, or was told already.
  std::optional<env::MonotonicTime> acknowledged(std::uint64_t number);
  std::optional<env::MonotonicTime> consumed(std::uint64_t number);
  // Ends the waiting; the first counts.
  void failed(const Error& error);

  // Until at most so many are under way. Errors: the one of failed(); request_timed_out, with what
  // is missing, when none of them arrived for so long.
  Result<void> wait_until_at_most(std::size_t count, std::chrono::milliseconds timeout);

 private:
  struct Flight {
    env::MonotonicTime due;
    bool acknowledged = false;
    bool consumed = false;
  };
  std::optional<env::MonotonicTime> arrived(std::uint64_t number, bool Flight::* how);
  Error what_is_missing(std::chrono::milliseconds timeout) const;  // With the mutex.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Flight> flights_;
  std::uint64_t arrivals_ = 0;
  std::optional<Error> error_;
};

}  // namespace ropewalk::cli
