#include "tests/sim/quorum/nemesis.h"

#include <algorithm>
#include <array>

namespace ropewalk::quorum::hostile {

void Nemesis::harm_anyone() {
  if (stopped_) return;
  stage_.timeline.after(1 + stage_.below(2 * stage_.traits.fault_every), [this] { harm_anyone(); });
  static constexpr std::array<AtRandom, 12> kKinds{
      &Nemesis::crash_one,   &Nemesis::crash_one,     &Nemesis::crash_all,   &Nemesis::isolate_one,
      &Nemesis::isolate_one, &Nemesis::part_in_two,   &Nemesis::cut_one_way, &Nemesis::cut_one_way,
      &Nemesis::slow_a_disk, &Nemesis::say_peer_down, &Nemesis::hand_over,   &Nemesis::lose_a_disk};
  (this->*kKinds[stage_.random.below(kKinds.size())])();
}

int Nemesis::anyone_but(int place) {
  const auto other = static_cast<int>(stage_.below(stage_.size() - 1));
  return other < place ? other : other + 1;
}

void Nemesis::soon(int place, Time ticks_max, Aimed what) {
  stage_.timeline.after(stage_.below(ticks_max * kTick + 1), [this, place, what] {
    if (!stopped_ && stage_.at(place).alive()) (this->*what)(place);
  });
}

// Those who were connected to it learn of it, or not.
void Nemesis::crash(int place) {
  Replica& victim = stage_.at(place);
  if (!victim.alive()) return;
  const BrokerId id = victim.key().id;
  const bool for_long = stage_.random.chance(0.3);
  victim.crash(for_long ? a_while() : 1 + stage_.below(stage_.traits.election() / 2));
  if (stage_.random.chance(0.5)) return;
  for (int peer = 0; peer < stage_.size(); peer++) {
    if (peer == place || stage_.network.is_cut(place, peer)) continue;
    stage_.timeline.after(1 + stage_.below(2 * kTick), [this, peer, id] {
      if (!stage_.at(peer).alive()) return;
      stage_.seen.note(Seen::peers_down);
      stage_.at(peer).call([id](RaftCore& core) { core.peer_down(id); });
    });
  }
}

void Nemesis::crash_one() { crash(anyone()); }

void Nemesis::crash_all() {
  for (int place = 0; place < stage_.size(); place++) crash(place);
}

void Nemesis::isolate_one() {
  stage_.seen.note(Seen::isolations);
  stage_.network.isolate(anyone(), until_later());
}

void Nemesis::part_in_two() {
  stage_.seen.note(Seen::cuts);
  const Time until = until_later();
  const std::uint64_t side = stage_.random();
  for (int a = 0; a < stage_.size(); a++)
    for (int b = 0; b < stage_.size(); b++)
      if (((side >> a) & 1) != ((side >> b) & 1)) stage_.network.cut(a, b, until);
}

void Nemesis::cut_one_way() {
  stage_.seen.note(Seen::one_way_cuts);
  const int from = anyone();
  stage_.network.cut(from, anyone_but(from), until_later());
}

void Nemesis::slow_a_disk() {
  stage_.seen.note(Seen::slow_disks);
  stage_.at(anyone()).slow_down(until_later());
}

// True or not: it asks the core to campaign.
void Nemesis::say_peer_down() {
  Replica& replica = stage_.at(anyone());
  if (!replica.alive()) return;
  stage_.seen.note(Seen::peers_down);
  replica.call([](RaftCore& core) { core.peer_down(core.leader().id); });
}

void Nemesis::hand_over() {
  for (int place = 0; place < stage_.size(); place++)
    if (stage_.at(place).leads()) let_it_go(place);
}

// One at a time, and only while no list of voters is in doubt anywhere: else there might be no
// majority left that could ever decide.
void Nemesis::lose_a_disk() {
  const Voters& voters = stage_.referee.committed_voters();
  if (clients_.replacing() || voters.size() < 3) return;
  for (const auto& replica : stage_.replicas)
    if (!replica->alive() || replica->core().voters() != voters) return;
  const Voter& voter = voters[stage_.random.below(voters.size())];
  Replica& victim = stage_.at(voter.id.value() - 1);
  if (victim.key() != key_of(voter)) return;
  stage_.seen.note(Seen::disks_lost);
  clients_.replace(key_of(voter), victim.place());
  victim.lose_disk();
}

}  // namespace ropewalk::quorum::hostile
