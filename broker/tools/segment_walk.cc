#include "broker/tools/segment_walk.h"

#include <algorithm>

namespace ropewalk::tools {

Task<Result<std::optional<log::SegmentHeader>>> read_segment_header(env::File& file) {
  CO_TRY(const std::uint64_t size, file.size());
  log::SegmentHeaderBlock block{};
  const auto have = static_cast<std::size_t>(std::min<std::uint64_t>(size, block.size()));
  CO_TRY_VOID(co_await log::read_fully(file, 0, MutableByteSpan(block).first(have)));
  const ByteSpan bytes = ByteSpan(block).first(have);
  auto header = log::decode_segment_header(bytes);
  if (header) co_return std::optional(*header);
  if (header.error().code == Errc::corrupt && log::may_be_unwritten(bytes))
    co_return std::optional<log::SegmentHeader>();
  co_return within(file.path(), std::move(header).error());
}

SegmentWalk::SegmentWalk(env::File& file, std::uint64_t end, const log::SegmentIdentity& identity,
                         LeaderEpoch epoch)
    : cursor_(file, log::kSegmentHeaderBytes, end, log::BatchCursor::kScan),
      gaps_allowed_(identity.compacted),
      next_(identity.base_offset),
      epoch_(epoch) {}

std::string SegmentWalk::contradiction(const BatchHeader& header, ByteSpan bytes) const {
  const bool gap = header.base_offset > next_ && (gaps_allowed_ || lost_);
  if (header.base_offset != next_ && !gap)
    return fmt::format("offset {} where {} goes on", header.base_offset, next_);
  if (header.leader_epoch < epoch_)
    return fmt::format("epoch {} behind {}", header.leader_epoch, epoch_);
  if (!batch_crc_matches(bytes)) return "a checksum that does not match";
  return {};
}

Task<Result<std::optional<WalkedBatch>>> SegmentWalk::step() {
  CO_TRY(const auto header, co_await cursor_.header());
  if (!header) co_return std::optional<WalkedBatch>();
  CO_TRY(const ByteSpan bytes, co_await cursor_.batch(*header));
  WalkedBatch batch{*header, cursor_.position(), bytes, contradiction(*header, bytes)};
  cursor_.skip(*header);
  lost_ = !batch.wrong.empty();
  if (!lost_) {
    next_ = header->next_offset();
    epoch_ = header->leader_epoch;
  }
  co_return std::optional(std::move(batch));
}

}  // namespace ropewalk::tools
