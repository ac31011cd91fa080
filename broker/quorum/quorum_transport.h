// How replicas of the metadata log reach each other: the driver's way out. Best effort: whatever is
// sent may be lost, doubled or late.
#pragma once

#include "broker/quorum/raft/message.h"
#include "broker/quorum/raft/snapshot_pull.h"
#include "common/bytes.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::quorum {

struct SnapshotPiece {
  std::uint64_t total_bytes = 0;  // 0: there is no such snapshot here (any more).
  SharedBytes bytes;
};

// Used on the control core only; outlives the quorum.
class QuorumTransport {
 public:
  virtual ~QuorumTransport() = default;
  // `at`: where the replica listens, as far as known. Never blocks.
  virtual void send(const env::Endpoint& at, const Message& message) = 0;
  // Errors: those of the network, request_timed_out.
  virtual Task<Result<SnapshotPiece>> ask_for_piece(env::Endpoint at,
                                                    SnapshotPull::Question question,
                                                    env::MonotonicTime deadline) = 0;
};

// Of a quorum that has nobody to talk to.
class NoTransport final : public QuorumTransport {
 public:
  void send(const env::Endpoint&, const Message&) override {}
  Task<Result<SnapshotPiece>> ask_for_piece(env::Endpoint, SnapshotPull::Question,
                                            env::MonotonicTime) override {
    co_return fail(Errc::closed, "broker_listen is off");
  }
};

}  // namespace ropewalk::quorum
