#include "tests/sim/quorum/traits.h"

#include <array>

namespace ropewalk::quorum::hostile {
namespace {

Time below(env::Random& random, Time bound) {
  return static_cast<Time>(random.below(static_cast<std::uint64_t>(bound)));
}

RaftConfig draw_settings(env::Random& random) {
  RaftConfig config;
  static constexpr std::array<std::array<std::uint32_t, 2>, 3> kTicks{{{10, 3}, {20, 4}, {50, 10}}};
  const auto ticks = kTicks[random.below(3)];
  config.election_ticks = ticks[0];
  config.heartbeat_ticks = ticks[1];
  // Few entries a request, so that a log is sent in many.
  if (random.chance(0.5)) config.message_entries_max = 1 + random.below(3);
  if (random.chance(0.3)) config.message_bytes_max = 100 + random.below(300);
  if (random.chance(0.5)) config.in_flight_max = 1 + random.below(4);
  config.kept_bytes_max = random.chance(0.5) ? 0 : random.below(3000);
  if (random.chance(0.2)) config.uncommitted_bytes_max = 500 + random.below(1000);
  return config;
}

}  // namespace

Traits draw_traits(env::Random& random) {
  Traits traits;
  traits.voters = random.chance(0.5) ? 3 : 5;
  traits.observers = static_cast<int>(random.below(3));
  traits.raft = draw_settings(random);
  const Time election = traits.election();
  traits.hostile_for = (1500 + below(random, 1500)) * kTick;

  const bool mild = random.chance(0.2);
  traits.loss = mild ? 0.01 : random.unit() * 0.15;
  traits.doubled = mild ? 0.01 : random.unit() * 0.1;
  traits.late = mild ? 0.01 : random.unit() * 0.1;
  traits.delay_max = 1 + below(random, random.chance(0.7) ? kTick : 4 * kTick);
  traits.late_max = election / 2 + below(random, 3 * election);

  traits.save_max = below(random, random.chance(0.5) ? 5 : 2 * kTick) + 1;
  traits.slow_save_max = election / 2 + below(random, 2 * election);
  traits.crash_in_save = mild ? 0 : random.unit() * 0.003;

  traits.snapshot_every = (20 + below(random, 300)) * kTick;
  traits.chunks_max = 1 + static_cast<int>(random.below(6));
  traits.chunk_max = 1 + below(random, random.chance(0.7) ? 2 * kTick : election);
  traits.stubborn_fetches = random.chance(0.5);
  traits.late_restore = random.chance(0.5) ? 0.3 : 0;

  traits.aimed = mild ? 0.1 : 0.3 + random.unit() * 0.5;
  traits.hunt = !mild && random.chance(0.3);
  if (traits.hunt) traits.raft.message_entries_max = 1;
  traits.fault_every = (mild ? 6 : 1) * (election / 2 + below(random, 3 * election));
  traits.change_every =
      random.chance(0.3) ? 20 * election : election / 2 + below(random, 4 * election);
  traits.propose_every = 2 + below(random, 6 * kTick);
  traits.least_voters = random.chance(0.3) ? 1 : 2;
  return traits;
}

}  // namespace ropewalk::quorum::hostile
