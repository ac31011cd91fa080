// Where the records of a leader epoch end in a partition's log, as its leader tells it (KIP-101,
// KIP-279, KIP-320), and whether a reader's log and the leader's have parted. Pure.
#pragma once

#include <optional>

#include "broker/log/epoch_starts.h"
#include "common/ids.h"

namespace ropewalk::replication {

using log::EpochEnd;

// A log and the epoch that it is led under, which need not have a record yet.
struct EpochHistory {
  const log::EpochStarts& starts;
  LeaderEpoch current;
  Offset log_end;
};

// The greatest epoch that is not above `epoch` and has records here, and one past its last one. Of
// an epoch before the first one that is known: that epoch, and where the first one begins. None:
// `epoch` is none, or newer than the current one.
std::optional<EpochEnd> end_of(LeaderEpoch epoch, const EpochHistory& history);

// A reader goes on at `from` and had the record before it under `last_epoch`. None: nothing speaks
// against our log holding just what it read. Otherwise what it read from that end on is not what
// our log holds.
std::optional<EpochEnd> divergence(LeaderEpoch last_epoch, Offset from,
                                   const EpochHistory& history);

}  // namespace ropewalk::replication
