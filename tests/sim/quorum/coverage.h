// What the schedule has done to the quorum: a suite in which one of these never happened proves
// nothing about it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ropewalk::quorum::hostile {

enum class Seen : std::uint8_t {
  elections,
  depositions,
  truncations,
  crashes,
  crashes_while_saving,
  crashes_between_sync_and_send,
  lost_writes,
  kept_prefixes,
  snapshots_taken,
  snapshots_installed,
  snapshots_of_no_use,
  snapshot_fetches_given_up,
  messages_lost,
  messages_doubled,
  messages_late,
  cuts,
  one_way_cuts,
  isolations,
  slow_disks,
  leaders_isolated,
  leaders_killed,
  leaders_left_one_follower,
  voters_restarted,
  leaders_killed_at_first_commit,
  voters_added,
  voters_removed,
  changes_of_voters_refused,
  disks_lost,
  lost_voters_back,
  transfers,
  transfers_done,
  resignations,
  peers_down,
  proposals,
  acknowledged,
  reads_asked,
  reads_confirmed,
  minorities_left_down,
  count
};

inline constexpr std::size_t kSeenCount = static_cast<std::size_t>(Seen::count);
std::string_view name_of(Seen seen);

class Coverage {
 public:
  void note(Seen seen) { counts_[static_cast<std::size_t>(seen)]++; }
  std::uint64_t of(Seen seen) const { return counts_[static_cast<std::size_t>(seen)]; }
  void add(const Coverage& other);
  // "elections 12, truncations 3, ..."
  std::string describe() const;

 private:
  std::array<std::uint64_t, kSeenCount> counts_{};
};

}  // namespace ropewalk::quorum::hostile
