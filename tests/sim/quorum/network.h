// The network between replicas: delays, loses, doubles and reorders messages; links can be cut in
// one direction or both. One thread.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "broker/quorum/raft/message.h"
#include "common/env/random.h"
#include "tests/sim/quorum/coverage.h"
#include "tests/sim/quorum/timeline.h"
#include "tests/sim/quorum/traits.h"

namespace ropewalk::quorum::hostile {

class Network {
 public:
  Network(Timeline& timeline, env::Random& random, const Traits& traits, Coverage& seen,
          int places);

  void deliver_to(std::function<void(int place, Message)> receive) {
    receive_ = std::move(receive);
  }
  // `to` is who has that broker's id; whoever can be reached, if it is nobody's.
  void send(int from, std::optional<int> to, Message message);
  // How long something else needs for one way; none: it is lost.
  std::optional<Time> passage(int from, int to);

  // Until a moment. Cuts that are there already last at least as long as before.
  void cut(int from, int to, Time until);
  void isolate(int place, Time until);
  void rejoin(int place);  // Nothing to or from it is cut any more.
  bool is_cut(int from, int to) const { return cut_until(from, to) > timeline_.now(); }
  // Since when nothing has reached it; none if something could.
  std::optional<Time> unreachable_since(int place) const;
  // From now on nothing is cut, lost, doubled or late.
  void heal();

 private:
  Time& cut_until(int from, int to) { return cut_until_[index(from, to)]; }
  Time cut_until(int from, int to) const { return cut_until_[index(from, to)]; }
  std::size_t index(int from, int to) const {
    return static_cast<std::size_t>(from * places_ + to);
  }
  void transmit(int from, int to, const Message& message);
  Time delay();

  Timeline& timeline_;
  env::Random& random_;
  const Traits& traits_;
  Coverage& seen_;
  int places_;
  bool healed_ = false;
  std::vector<Time> cut_until_;
  std::vector<Time> isolated_since_;
  std::vector<Time> isolated_until_;
  std::function<void(int place, Message)> receive_;
};

}  // namespace ropewalk::quorum::hostile
