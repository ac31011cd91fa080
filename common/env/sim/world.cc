#include "common/env/sim/world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/env/sim/core.h"
#include "common/error.h"

namespace ropewalk::sim {

namespace {

constexpr std::uint64_t kFnvPrime = 0x100000001b3;

}  // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  // splitmix64's finish: neighbouring seeds and names must not give neighbouring streams.
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

World::World(std::uint64_t seed) : seed_(seed), random_(derive_seed(seed, "world")) {}

Duration World::between(Duration least, Duration most) {
  if (most <= least) return least;
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Duration(static_cast<Duration::rep>(random_.below(span)));
}

EventKey World::schedule(Duration at, SimEnvironment* life, env::Job job) {
  const EventKey key{std::max(at, now_), ++sequence_};
  events_.emplace(key, Event{life, std::move(job)});
  return key;
}

bool World::cancel(EventKey event) {
  auto node = events_.extract(event);  // Destroyed only once the queue is whole again.
  return !node.empty();
}

void World::drop_events_of(const SimEnvironment& life) {
  std::vector<Event> dropped;
  for (auto it = events_.begin(); it != events_.end();) {
    if (it->second.life == &life) {
      dropped.push_back(std::move(it->second));
      it = events_.erase(it);
    } else {
      ++it;
    }
  }
}

void World::add_core(SimCore& core) { cores_.push_back(&core); }

void World::remove_core(SimCore& core) {
  std::erase(cores_, &core);
  std::erase(ready_, &core);
}

void World::wake(SimCore& core) {
  if (!core.listed && core.alive()) {
    core.listed = true;
    ready_.push_back(&core);
  }
}

bool World::poll(SimCore& core) {
  if (core.paused()) return false;
  current_ = &core;
  running_ = true;
  const bool ran = core.poll_one();
  running_ = false;
  current_ = nullptr;
  if (ran) {
    mix(static_cast<std::uint64_t>(now_.count()));
    mix(core.number());
  }
  return ran;
}

bool World::run_ready() {
  while (!ready_.empty()) {
    const std::size_t at = random_.below(ready_.size());
    SimCore& core = *ready_[at];
    if (poll(core)) return true;
    core.listed = false;
    ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  // Handlers may also have come by way of Asio itself, which tells nobody.
  for (SimCore* core : cores_) {
    if (!poll(*core)) continue;
    wake(*core);
    return true;
  }
  return false;
}

bool World::step(Duration until) {
  ENSURE(!running_, "the scheduler was entered from inside a task");
  if (run_ready()) return true;
  if (events_.empty() || events_.begin()->first.at > until) {
    if (until != Duration::max()) now_ = std::max(now_, until);
    return false;
  }
  auto node = events_.extract(events_.begin());
  now_ = node.key().at;
  mix(static_cast<std::uint64_t>(now_.count()));
  mix(node.key().sequence);
  running_ = true;
  node.mapped().job();
  node.mapped().job = nullptr;
  running_ = false;
  return true;
}

void World::mix(std::uint64_t value) {
  hash_ = (hash_ ^ value) * kFnvPrime;
  hash_ ^= hash_ >> 29;
}

void World::note(std::string_view line) {
  for (const char c : line) mix(static_cast<unsigned char>(c));
  if (keep_log_) log_.push_back(fmt::format("{:>14} {}", now_.count(), line));
}

void World::count(std::string_view what) {
  auto it = counts_.find(what);
  if (it == counts_.end()) it = counts_.emplace(std::string(what), 0).first;
  it->second++;
  note(what);
}

}  // namespace ropewalk::sim
