// The one clock, the one event queue and the scheduler of a simulation.
//
// Everything happens on the thread that calls step(). Time is the true time since the simulation
// began; what a node's clocks make of it is NodeClock's business. One stream of chance decides what
// runs next, so that the seed decides the whole run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/env/core.h"
#include "common/env/random.h"
#include "common/env/time.h"

namespace ropewalk::sim {

class SimCore;
class SimEnvironment;
using env::Duration;

// A seed for a stream named `name`: the same in every process.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view name);

struct EventKey {
  Duration at{};
  std::uint64_t sequence = 0;
  auto operator<=>(const EventKey&) const = default;
};

class World {
 public:
  explicit World(std::uint64_t seed);

  std::uint64_t seed() const { return seed_; }
  Duration now() const { return now_; }
  env::Random& random() { return random_; }
  // Uniform in [least, most].
  Duration between(Duration least, Duration most);

  // Runs the job at `at`, in the world (outside all cores). One with a life goes when that dies.
  EventKey schedule(Duration at, SimEnvironment* life, env::Job job);
  bool cancel(EventKey event);  // Whether it was still waiting.
  void drop_events_of(const SimEnvironment& life);

  void add_core(SimCore& core);
  void remove_core(SimCore& core);
  void wake(SimCore& core);

  // Runs one handler of some core, or else fires the next event, if there is one not after
  // `until`; otherwise moves the clock there and returns false.
  bool step(Duration until);
  bool running() const { return running_; }  // Inside a handler or an event.
  SimCore* current() const { return current_; }

  // What happened, for comparing runs: a hash of everything, and the lines if asked for.
  void note(std::string_view line);
  std::uint64_t trace_hash() const { return hash_; }
  void keep_log(bool keep) { keep_log_ = keep; }
  const std::vector<std::string>& log() const { return log_; }

  void count(std::string_view what);
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }

  double serial_busy_chance = 0.1;

 private:
  struct Event {
    SimEnvironment* life;
    env::Job job;
  };
  bool run_ready();
  bool poll(SimCore& core);
  void mix(std::uint64_t value);

  const std::uint64_t seed_;
  env::Random random_;
  Duration now_{};
  std::uint64_t sequence_ = 0;
  std::map<EventKey, Event> events_;
  std::vector<SimCore*> cores_;  // In the order they were added.
  std::vector<SimCore*> ready_;  // Perhaps ready; each at most once.
  bool running_ = false;
  SimCore* current_ = nullptr;
  std::uint64_t hash_ = 0xcbf29ce484222325;
  bool keep_log_ = false;
  std::vector<std::string> log_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace ropewalk::sim
