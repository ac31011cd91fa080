// One replica as its process would run it: the core, its disk, and what Ready asks for in the order
// that it asks for.
//
// Saving takes time; meanwhile ticks and messages go on. A crash loses the core and what was not
// synced. One thread; lives as long as the world.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "broker/quorum/raft/raft_core.h"
#include "common/env/random.h"
#include "tests/sim/quorum/coverage.h"
#include "tests/sim/quorum/disk.h"
#include "tests/sim/quorum/network.h"
#include "tests/sim/quorum/referee.h"
#include "tests/sim/quorum/timeline.h"
#include "tests/sim/quorum/traits.h"

namespace ropewalk::quorum::hostile {

class Replica;

// What all replicas of a world share.
struct Stage {
  const Traits& traits;
  Timeline& timeline;
  env::Random& random;
  Coverage& seen;
  Network& network;
  Referee& referee;
  std::vector<std::unique_ptr<Replica>> replicas{};  // By place; broker ids are one more.
  // Told in the middle of a step: what they do to a replica, they do later.
  std::function<void(Replica&)> began_to_lead{};
  std::function<void(Replica&)> first_commit{};
  bool healed = false;

  Time below(Time bound) const {
    return static_cast<Time>(random.below(static_cast<std::uint64_t>(bound)));
  }
  Replica& at(int place) const { return *replicas[static_cast<std::size_t>(place)]; }
  int size() const { return static_cast<int>(replicas.size()); }
};

class Replica {
 public:
  Replica(Stage& stage, int place, Image image);

  int place() const { return place_; }
  bool alive() const { return core_.has_value(); }
  bool leads() const { return alive() && core_->role() == Role::leader; }
  ReplicaKey key() const { return {disk_.written().state.node, disk_.written().state.directory}; }
  const Disk& disk() const { return disk_; }
  // Pre: alive().
  const RaftCore& core() const { return *core_; }
  Offset applied() const { return applied_.index; }

  void start();
  // It comes back after that time.
  void crash(Time down_for);
  // Not before the world starts it.
  void crash_for_good();
  // Its process comes back at once, with an empty disk. Pre: alive().
  void lose_disk();
  void slow_down(Time until) { slow_until_ = until; }

  void receive(Message message);
  // Calls the core and carries out what follows. Pre: alive().
  void call(const std::function<void(RaftCore&)>& what);
  // Whether it was taken. Pre: alive().
  bool propose(std::uint64_t value);

 private:
  void tick();
  void settle();
  void write_down();
  void finish();
  void send_messages(std::size_t count);
  void apply_all();
  Time save_time() const;
  // Whether the process dies in the middle of carrying out a Ready.
  bool dies_here();
  void stop();
  // Nothing happens if it has died by then.
  void later(Time delay, void (Replica::*what)());
  // snapshots.cc
  void plan_snapshot();
  void take_snapshot();
  void look_for_offer();
  void fetch_chunk();
  void chunk_came();
  void give_up_fetch();
  void restore(const SnapshotInfo& snapshot);

  Stage& stage_;
  const int place_;
  Disk disk_;
  std::optional<RaftCore> core_;
  std::uint64_t life_ = 0;
  Time tick_length_ = kTick;
  LogEnd applied_;
  Time slow_until_ = 0;

  bool saving_ = false;
  Ready ready_;                             // That is being carried out.
  std::optional<SnapshotInfo> to_install_;  // What the next Ready::snapshot means.
  std::optional<SnapshotInfo> installing_;  // What ready_.snapshot means.
  std::map<Offset, std::pair<Term, std::uint64_t>> proposed_;  // In this life.

  struct Fetching {
    RaftCore::Offer offer;
    int chunks_left = 0;
    int tries_left = 0;
  };
  std::optional<Fetching> fetching_;
};

}  // namespace ropewalk::quorum::hostile
