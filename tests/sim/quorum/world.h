// A quorum under one seed: replicas, clients and a nemesis, watched by a referee.
#pragma once

#include <string>

#include "tests/sim/quorum/clients.h"
#include "tests/sim/quorum/nemesis.h"
#include "tests/sim/quorum/replica.h"

namespace ropewalk::quorum::hostile {

class World {
 public:
  explicit World(std::uint64_t seed);

  // The hostile time, then peace: what must come about then. Empty, or the first fault.
  std::string run();
  // Each replica on a line.
  std::string describe() const;
  const Coverage& seen() const { return seen_; }
  Time ticks() const { return timeline_.now() / kTick; }

 private:
  void make_replicas();
  void make_peace();
  void leave_a_minority_down();
  // Whether that comes about in so many election time-outs; else says what did not.
  void expect(const std::function<bool()>& comes, Time elections, std::string_view what);
  std::int64_t entries_to_send() const;
  void propose_something();
  bool something_is_committed() const;
  bool all_agree() const;

  env::Random random_;
  Traits traits_;
  Coverage seen_;
  Timeline timeline_;
  Network network_;
  Voters first_voters_;
  Referee referee_;
  Stage stage_;
  Clients clients_;
  Nemesis nemesis_;
  std::vector<std::uint64_t> last_values_;  // Proposed in peace.
};

}  // namespace ropewalk::quorum::hostile
