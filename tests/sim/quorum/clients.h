// Those who use the quorum: propose changes, ask for reads, change who votes, hand leadership over.
//
// They talk to whoever thinks that it leads, also to those who do no more. One thread.
#pragma once

#include <optional>

#include "tests/sim/quorum/replica.h"

namespace ropewalk::quorum::hostile {

class Clients {
 public:
  explicit Clients(Stage& stage) : stage_(stage) {}

  void begin();
  // What is asked for from now on comes only from calls.
  void stop() { stopped_ = true; }

  // Pre for all: the replica is alive.
  std::optional<std::uint64_t> propose(Replica& replica);  // The value, if it was taken.
  void read(Replica& replica);
  void transfer(Replica& replica);
  void change_voters(Replica& replica);
  // A voter's disk is gone; it is to be replaced by what came back in its place.
  void replace(const ReplicaKey& lost, int place);
  bool replacing() const { return lost_.has_value(); }
  void began_to_lead(const Replica& replica);

 private:
  void use();
  void administrate();
  Replica* anyone_who_leads();
  std::optional<Voters> wanted(const RaftCore& core);
  std::optional<Voters> with_lost_replaced(const RaftCore& core);
  std::optional<Voters> with_one_more(const RaftCore& core);
  std::optional<Voters> with_one_less(const RaftCore& core);
  void note_replaced();

  Stage& stage_;
  bool stopped_ = false;
  std::uint64_t next_value_ = 1;
  struct Lost {
    ReplicaKey key;
    int place;
  };
  std::optional<Lost> lost_;
  std::optional<BrokerId> transfer_to_;
};

// How the voter is listed.
Voter voter_of(const ReplicaKey& key);

}  // namespace ropewalk::quorum::hostile
