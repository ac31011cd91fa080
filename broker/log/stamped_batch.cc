#include "broker/log/stamped_batch.h"

#include "common/records/batch_header.h"

namespace ropewalk::log {

Result<StampedBatch> StampedBatch::stamp(SharedBytes bytes, Offset base, LeaderEpoch epoch) {
  TRY(auto header, BatchHeader::parse(bytes.span()));
  if (header.size() != bytes.size())
    return fail(Errc::corrupt_message, "a batch of {} bytes says it has {}", bytes.size(),
                header.size());
  StampedBatch batch;
  std::memcpy(batch.prefix_.data(), bytes.data(), kPrefixBytes);
  stamp_base_offset(batch.prefix_, base);
  stamp_leader_epoch(batch.prefix_, epoch);
  batch.base_ = base;
  batch.next_ = base + header.last_offset_delta + 1;
  batch.epoch_ = epoch;
  batch.max_timestamp_ = header.max_timestamp;
  batch.bytes_ = std::move(bytes);
  return batch;
}

Result<StampedBatch> StampedBatch::replicated(SharedBytes bytes) {
  TRY(auto header, BatchHeader::parse(bytes.span()));
  return stamp(std::move(bytes), header.base_offset, header.leader_epoch);
}

}  // namespace ropewalk::log
