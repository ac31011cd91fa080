// Whether what lies at an offset is as it was written: looked at when somebody who has got it asks
// for it again, as one does who found that its checksum is wrong.
//
// Readers are sent what lies in the files without a look at it; followers and clients check what
// comes. So damage on the disk of a leader shows there first.
#pragma once

#include <memory>

#include "broker/log/log_read.h"
#include "broker/replication/partition.h"

namespace ropewalk::replication {

// Reads the batches that begin with the one that holds `from`, at most about 1 MiB, and checks
// them. If one is damaged and another replica is in sync, this one fails and leads no more (R12):
// then kafka_storage_error, and whoever leads next has it whole. Errors: corrupt_message (it is,
// and no other comes into the set: the rest of the partition stays readable), as log::read(), told
// as to a reader.
Task<Result<void>> examine(std::shared_ptr<Partition> partition, log::LogViewPtr view, Offset from,
                           Offset upper_bound);

}  // namespace ropewalk::replication
