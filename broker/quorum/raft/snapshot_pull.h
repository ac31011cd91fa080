// Fetches the snapshot that a leader has offered, piece by piece: one question, one answer, asked
// again where an answer stays away. Pure.
//
// The pieces are of one file of one leader: two brokers' snapshots of the same entry need not have
// the same bytes, so an offer of another leader, or of a later entry, begins anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/quorum/raft/raft_core.h"
#include "common/error.h"

namespace ropewalk::quorum {

class SnapshotPull {
 public:
  struct Question {
    ReplicaKey leader;
    LogEnd end;
    std::uint64_t position = 0;
  };
  struct Piece {
    LogEnd end;
    std::uint64_t position = 0;
    std::uint64_t total_bytes = 0;  // 0: the leader no longer has it.
    ByteSpan bytes;
  };

  // `patience_ticks`: how long an answer may take. Content of more than `bytes_max` is refused.
  SnapshotPull(std::uint32_t patience_ticks, std::uint64_t bytes_max)
      : patience_ticks_(patience_ticks), bytes_max_(bytes_max) {}

  // What RaftCore::offered() says, as often as one likes.
  void follow(const std::optional<RaftCore::Offer>& offer);
  // What came of that offer is no good: it is fetched again, but not at once.
  void wait_for_another(const RaftCore::Offer& offer);
  void tick();
  // What is to be asked now, once.
  std::optional<Question> question();
  // The whole content once the last piece is there; none before. Pieces that were not asked for
  // change nothing. Errors: message_too_large, corrupt_message (the fetch begins anew).
  Result<std::optional<std::string>> take(const Piece& piece);

 private:
  void restart();

  std::uint32_t patience_ticks_;
  std::uint64_t bytes_max_;
  std::optional<RaftCore::Offer> offer_;
  std::string content_;
  std::uint64_t total_bytes_ = 0;  // 0: not known yet.
  bool asked_ = false;
  std::uint32_t waited_ticks_ = 0;
};

}  // namespace ropewalk::quorum
