// Whether what lies at an offset is as it was written: looked at when somebody who has got it asks
// for it again, as one does who found that its checksum is wrong.
//
// Readers are sent what lies in the files without a look at it; followers and clients check what
// comes. So damage on the disk of a leader shows there first.
#pragma once

#include <memory>

#include "broker/replication/partition.h"
#include "broker/replication/partition_read.h"

namespace ropewalk::replication {

// What whoever asked is told of a read that failed. If that was because of damage and another
// replica is in sync, this one fails and leads no more (R12): then kafka_storage_error, and whoever
// leads next has it whole. corrupt_message where no other comes into the set: the rest of the
// partition stays readable.
Error told_of(Partition& partition, const log::LogView& view, Error failure);

// Reads the batches that log::read() gives for these limits, and checks them. Errors: as told_of().
Task<Result<void>> examine(std::shared_ptr<Partition> partition, log::LogViewPtr view, Offset from,
                           ReadLimits limits);

}  // namespace ropewalk::replication
