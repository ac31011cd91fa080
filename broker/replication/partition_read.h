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

// What whoever asked is told of a read that failed: that the disk below the replica did, so that
// they ask again, and whoever leads by then.
inline Error told_of(Error failure) {
  if (failure.code == Errc::io_error) failure.code = Errc::kafka_storage_error;
  return failure;
}

}  // namespace ropewalk::replication
