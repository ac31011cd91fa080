// Faults aimed at a leader in its first moments.
#include <array>

#include "tests/sim/quorum/nemesis.h"

namespace ropewalk::quorum::hostile {

void Nemesis::began_to_lead(const Replica& leader) {
  if (stage_.traits.hunt) soon(leader.place(), 0, &Nemesis::hunt);
  if (stopped_ || !stage_.random.chance(stage_.traits.aimed / (stage_.traits.hunt ? 4 : 1))) return;
  struct Kind {
    Aimed what;
    Time within_ticks;
  };
  static constexpr std::array<Kind, 12> kKinds{{{&Nemesis::isolate_while_it_writes, 2},
                                                {&Nemesis::isolate_while_it_writes, 10},
                                                {&Nemesis::kill_within_moments, 0},
                                                {&Nemesis::kill_within_moments, 3},
                                                {&Nemesis::leave_one_follower, 3},
                                                {&Nemesis::leave_one_follower_then_kill, 1},
                                                {&Nemesis::leave_one_follower_then_kill, 3},
                                                {&Nemesis::restart_a_voter, 2},
                                                {&Nemesis::deafen_or_mute, 3},
                                                {&Nemesis::slow_its_disk, 1},
                                                {&Nemesis::let_it_go, 5},
                                                {&Nemesis::change_its_voters, 0}}};
  const Kind& kind = kKinds[stage_.random.below(kKinds.size())];
  soon(leader.place(), kind.within_ticks, kind.what);
}

// It knows now that something is decided, and hardly anybody else does.
void Nemesis::first_commit(const Replica& leader) {
  const double chance = stage_.traits.hunt ? 0.6 : stage_.traits.aimed / 4;
  if (stopped_ || !stage_.random.chance(chance)) return;
  stage_.seen.note(Seen::leaders_killed_at_first_commit);
  soon(leader.place(), 0, &Nemesis::kill_within_moments);
}

// The first entries of one leader after the other stay with it alone, until one gets through, and
// dies as soon as something is decided; those who were caught are the next ones who may lead (Raft
// paper, figure 8).
void Nemesis::hunt(int place) {
  if (caught_) stage_.network.rejoin(*caught_);
  caught_.reset();
  if (stage_.random.chance(0.4)) return;
  stage_.seen.note(Seen::leaders_isolated);
  caught_ = place;
  stage_.network.isolate(place, stage_.timeline.now() + 5 * stage_.traits.election());
}

void Nemesis::write_through(int place, bool changing) {
  Replica& replica = stage_.at(place);
  if (replica.leads()) clients_.propose(replica);
  if (replica.leads()) clients_.read(replica);
  if (changing && replica.leads()) clients_.change_voters(replica);
}

void Nemesis::write_repeatedly(int place, int times, bool changing) {
  for (int i = 0; i < times; i++)
    stage_.timeline.after(1 + stage_.below(stage_.traits.election()), [this, place, changing] {
      if (!stopped_ && stage_.at(place).alive()) write_through(place, changing);
    });
}

void Nemesis::isolate_while_it_writes(int place) {
  stage_.seen.note(Seen::leaders_isolated);
  stage_.network.isolate(place, until_later());
  write_repeatedly(place, 6, stage_.random.chance(0.3));
}

void Nemesis::kill_within_moments(int place) {
  stage_.seen.note(Seen::leaders_killed);
  crash(place);
}

void Nemesis::keep_only(int leader, int follower, Time until) {
  for (int other = 0; other < stage_.size(); other++) {
    if (other == leader || other == follower) continue;
    for (const int inside : {leader, follower}) {
      stage_.network.cut(inside, other, until);
      stage_.network.cut(other, inside, until);
    }
  }
}

void Nemesis::leave_one_follower(int place) {
  stage_.seen.note(Seen::leaders_left_one_follower);
  keep_only(place, anyone_but(place), until_later());
  write_repeatedly(place, 6, stage_.random.chance(0.3));
}

// Its entries are with one other, and the next leader may be anyone else (paper, figure 8).
void Nemesis::leave_one_follower_then_kill(int place) {
  stage_.seen.note(Seen::leaders_left_one_follower);
  const Time until = stage_.timeline.now() + stage_.below(stage_.traits.election());
  keep_only(place, anyone_but(place), until);
  write_through(place, false);
  soon(place, 1 + stage_.traits.raft.election_ticks / 2, &Nemesis::kill_within_moments);
}

// One that has just voted may forget it.
void Nemesis::restart_a_voter(int place) {
  Replica& voter = stage_.at(anyone_but(place));
  if (!voter.alive()) return;
  stage_.seen.note(Seen::voters_restarted);
  voter.crash(1 + stage_.below(kTick));
}

void Nemesis::deafen_or_mute(int place) {
  stage_.seen.note(Seen::one_way_cuts);
  const bool deaf = stage_.random.chance(0.5);
  const Time until = until_later();
  for (int other = 0; other < stage_.size(); other++) {
    if (other == place) continue;
    if (deaf)
      stage_.network.cut(other, place, until);
    else
      stage_.network.cut(place, other, until);
  }
  write_repeatedly(place, 3, false);
}

void Nemesis::slow_its_disk(int place) {
  stage_.seen.note(Seen::slow_disks);
  stage_.at(place).slow_down(until_later());
  write_repeatedly(place, 4, false);
}

void Nemesis::let_it_go(int place) {
  Replica& replica = stage_.at(place);
  if (!replica.leads()) return;
  if (stage_.random.chance(0.5)) {
    clients_.transfer(replica);
    return;
  }
  stage_.seen.note(Seen::resignations);
  replica.call([](RaftCore& core) { core.resign(); });
}

void Nemesis::change_its_voters(int place) {
  write_through(place, true);
  write_repeatedly(place, 4, true);
}

}  // namespace ropewalk::quorum::hostile
