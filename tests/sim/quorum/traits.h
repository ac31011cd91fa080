// What kind of world a seed makes: its size, its settings and how hostile it is.
#pragma once

#include "broker/quorum/raft/raft_core.h"
#include "common/env/random.h"
#include "tests/sim/quorum/timeline.h"

namespace ropewalk::quorum::hostile {

struct Traits {
  int voters = 3;
  int observers = 0;
  RaftConfig raft;  // Without its functions.
  Time hostile_for = 0;

  // The network.
  double loss = 0;
  double doubled = 0;
  double late = 0;
  Time delay_max = 1;
  Time late_max = 1;

  // Disks.
  Time save_max = 0;         // From ready() to advance().
  Time slow_save_max = 0;    // While a disk is slow.
  double crash_in_save = 0;  // Each time.

  // Snapshots.
  Time snapshot_every = 0;
  int chunks_max = 1;
  Time chunk_max = 1;             // For one chunk to come.
  bool stubborn_fetches = false;  // Go on although the offer has changed.
  double late_restore = 0;        // A snapshot is looked at long after it came.

  // Faults.
  double aimed = 0;       // At a new leader.
  bool hunt = false;      // Every leader: see Nemesis::hunt().
  Time fault_every = 0;   // Others.
  Time change_every = 0;  // Of voters.
  Time propose_every = 0;
  std::size_t least_voters = 1;
  Time election() const { return kTick * static_cast<Time>(raft.election_ticks); }
};

Traits draw_traits(env::Random& random);

}  // namespace ropewalk::quorum::hostile
