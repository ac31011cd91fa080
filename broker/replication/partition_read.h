// Reading what a partition's view shows, for those who know partitions and not their logs.
#pragma once

#include "broker/log/log_read.h"

namespace ropewalk::replication {

using log::ReadLimits;
using log::ReadResult;

// As log::read(): outside of the partition, whole batches, errors as there.
inline Task<Result<ReadResult>> read(log::LogViewPtr view, Offset from, ReadLimits limits) {
  return log::read(std::move(view), from, limits);
}

}  // namespace ropewalk::replication
