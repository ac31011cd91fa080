// Who does harm: aimed at every new leader, and at random. One thread.
//
// A mild or random schedule finds few mistakes; what breaks a consensus is what happens to a leader
// in its first moments.
#pragma once

#include "tests/sim/quorum/clients.h"
#include "tests/sim/quorum/replica.h"

namespace ropewalk::quorum::hostile {

class Nemesis {
 public:
  Nemesis(Stage& stage, Clients& clients) : stage_(stage), clients_(clients) {}

  void begin() { harm_anyone(); }
  void stop() { stopped_ = true; }
  // In the middle of a step of it.
  void began_to_lead(const Replica& leader);
  void first_commit(const Replica& leader);

 private:
  using Aimed = void (Nemesis::*)(int place);
  using AtRandom = void (Nemesis::*)();

  // aimed.cc: at a leader.
  void isolate_while_it_writes(int place);
  void kill_within_moments(int place);
  void leave_one_follower(int place);
  void leave_one_follower_then_kill(int place);
  void restart_a_voter(int place);
  void deafen_or_mute(int place);
  void slow_its_disk(int place);
  void let_it_go(int place);
  void change_its_voters(int place);
  void hunt(int place);
  void write_through(int place, bool changing);
  void write_repeatedly(int place, int times, bool changing);
  void keep_only(int leader, int follower, Time until);
  // nemesis.cc
  void harm_anyone();
  void crash_one();
  void crash_all();
  void isolate_one();
  void part_in_two();
  void cut_one_way();
  void slow_a_disk();
  void say_peer_down();
  void hand_over();
  void lose_a_disk();

  int anyone() { return static_cast<int>(stage_.below(stage_.size())); }
  int anyone_but(int place);
  void crash(int place);
  // After a moment of up to that many ticks, if it is alive then.
  void soon(int place, Time ticks_max, Aimed what);
  Time a_while() {
    return stage_.traits.election() / 4 + stage_.below(3 * stage_.traits.election());
  }
  Time until_later() { return stage_.timeline.now() + a_while(); }

  Stage& stage_;
  Clients& clients_;
  bool stopped_ = false;
  std::optional<int> caught_;  // By hunt().
};

}  // namespace ropewalk::quorum::hostile
