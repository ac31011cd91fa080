// Several replicas of the metadata log, each a process with a disk of its own in one simulated
// world; the letters between them are this test's to deliver, delay or lose.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/quorum/raft_quorum.h"
#include "common/env/sim/simulation.h"
#include "tests/unit/broker/quorum/recorder.h"

namespace ropewalk::quorum {

class QuorumCluster {
 public:
  QuorumCluster(std::uint64_t seed, std::function<void(QuorumOptions&)> tune = {});
  ~QuorumCluster();

  sim::Simulation& world() { return world_; }
  // Makes its disk: a voter of `voters`, or a broker that joins. `generation` names its directory.
  void format(int id, const std::vector<int>& voters, int generation = 1);
  // Begins a life; it does not wait for the quorum to find together.
  Result<void> start(int id);
  void kill(int id);
  void power_cut(int id);
  void stop(int id);
  bool lives(int id) { return lives_.contains(id); }

  RaftQuorum& at(int id);
  Recorder& machine(int id);
  sim::Disk& disk(int id) { return nodes_.at(id)->disk(root_of(id)); }
  Voter voter(int id) const;

  void cut(int from, int to) { cuts_.insert({from, to}); }
  void isolate(int id);
  void heal() { cuts_.clear(); }

  // Letters are delivered meanwhile.
  void run_for(env::Duration duration);
  bool run_until(const std::function<bool()>& predicate,
                 env::Duration limit = std::chrono::seconds(30));
  // The one that leads and has taken office; 0 if there is none.
  int leader();
  int wait_for_leader();
  Result<Offset> append(int id, const std::string& text);
  // Nobody waits for what becomes of it.
  void begin_append(int id, const std::string& text);
  Result<Offset> change_voters(int id, Voters voters);
  // Whether all that live have applied the same up to the same.
  bool all_the_same();

 private:
  struct Life;
  class Transport;
  struct Letter {
    int from = 0;
    int to = 0;
    std::function<void(Life&)> deliver;
  };
  std::string root_of(int id) const;
  QuorumOptions options_of(int id) const;
  void deliver();
  template <class T>
  Result<T> finish(int id, Task<Result<T>> task);

  sim::Simulation world_;
  std::function<void(QuorumOptions&)> tune_;
  std::map<int, sim::Node*> nodes_;
  std::map<int, int> generations_;
  std::map<int, std::unique_ptr<Life>> lives_;
  std::set<std::pair<int, int>> cuts_;
  std::deque<Letter> mail_;
};

}  // namespace ropewalk::quorum
