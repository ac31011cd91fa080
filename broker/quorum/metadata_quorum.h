// The seam to the consensus engine: what the broker sees of the metadata log (metadata-quorum.md,
// section 1).
//
// Entries are record batches with one record; index and offset are the same number, the first is 1
// (M1). The quorum stamps offset and term and knows bytes, no records. Everything here is called on
// the control core only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/quorum/raft/control_batches.h"
#include "common/bytes.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::quorum {

// The content of a snapshot, piece by piece, as the state machine wrote it.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  virtual Offset last_offset() const = 0;  // The state after this entry.
  // Empty at the end. Good until the next call.
  virtual std::optional<ByteSpan> next_chunk() = 0;
};

class SnapshotWriter {
 public:
  static constexpr std::size_t kChunkBytesMax = 8 << 20;
  virtual ~SnapshotWriter() = default;
  // Pre: 0 < chunk.size() <= kChunkBytesMax.
  virtual void add_chunk(std::string_view chunk) = 0;
};

// Who applies the entries. All calls come in the order of the log, each entry once. An error means
// that the log makes no sense to this program: the quorum stops for good.
class StateMachine {
 public:
  virtual ~StateMachine() = default;
  // Committed. Offset and term are said here and need not be stamped into the batch. Control
  // batches come too: they are the quorum's, and only the offset is of interest.
  virtual Result<void> apply(Offset offset, Term term, ByteSpan batch) = 0;
  // Replaces the state.
  virtual Result<void> load(SnapshotReader& reader) = 0;
  virtual void save(SnapshotWriter& writer) = 0;
  // Who leads from now on; kNoBroker if nobody is known to. When this node does, everything of
  // earlier terms and the no-op of its own has been applied.
  virtual void leader_changed(BrokerId leader, Term term) = 0;
};

// One copy of the log, as its leader sees it.
struct QuorumMember {
  Voter replica;  // Also of one that only follows.
  bool votes = false;
  bool alive = false;             // Heard of within an election time-out.
  bool caught_up = false;         // It follows, and may be given a vote.
  std::optional<Offset> log_end;  // Durable there; none: it has not said so in this term.
  env::Duration silent{0};
};
struct QuorumLook {
  Term term;
  Offset log_end;
  Offset committed;
  std::vector<QuorumMember> members;  // Voters by id, then the others.
};

class MetadataQuorum {
 public:
  virtual ~MetadataQuorum() = default;

  // Before start(); outlives the quorum.
  virtual void attach(StateMachine& machine) = 0;

  // Appends a batch with one record if `expected` is still the term in which this node leads;
  // completes when it is committed and applied here. Errors: not_controller, shutting_down,
  // disk_full and message_too_large (nothing was appended), outcome_unknown (it may yet be
  // committed).
  virtual Task<Result<Offset>> append(Term expected, SharedBytes batch) = 0;

  // A local read is linearizable once everything up to this offset is applied. Errors:
  // not_controller.
  virtual Task<Result<Offset>> read_barrier() = 0;

  // Another list of voters: one replica more, one less, or other addresses; if `expected` is still
  // the term in which this node leads. Completes as append(): it is an entry of the log. Errors:
  // those; invalid_request; not_enough_replicas (who is to be added has not caught up).
  virtual Task<Result<Offset>> change_voters(Term expected, Voters voters) = 0;
  // Who keeps a copy, as this node knows: without an office of its own only who votes.
  virtual QuorumLook look() const = 0;

  // Gives up leading, if `term` is still the one.
  virtual void resign(Term term) = 0;
};

}  // namespace ropewalk::quorum
