// One entry of the metadata log, and who keeps it.
#pragma once

#include <compare>
#include <cstddef>

#include "broker/quorum/raft/control_batches.h"
#include "common/bytes.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::quorum {

// A record batch with one record (M1). The batch's own offset and leader epoch need not be stamped.
struct Entry {
  Offset index;  // From 1.
  Term term;
  SharedBytes batch;
};

// Where the log or a snapshot ends. Index 0 in term 0 is before the first entry.
struct LogEnd {
  Offset index;
  Term term;
  // Whether a log that ends here has everything that one ending at `other` may have committed
  // (Raft paper, 5.4.1).
  bool up_to_date_with(const LogEnd& other) const {
    return term > other.term || (term == other.term && index >= other.index);
  }
  bool operator==(const LogEnd&) const = default;
};

// One copy of the log: a broker that lost its disk comes back as another replica, which has voted
// for nobody and acknowledged nothing.
struct ReplicaKey {
  BrokerId id = kNoBroker;
  DirectoryId directory;
  auto operator<=>(const ReplicaKey&) const = default;
};

inline ReplicaKey key_of(const Voter& voter) { return {voter.id, voter.directory}; }

}  // namespace ropewalk::quorum
