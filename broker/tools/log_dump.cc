#include "broker/tools/log_dump.h"

#include <algorithm>

#include "broker/log/batch_cursor.h"
#include "broker/log/segment_header.h"

namespace ropewalk::tools {
namespace {

void print_header(const LineSink& out, const log::SegmentHeader& header) {
  const log::SegmentIdentity& identity = header.identity;
  out(fmt::format("segment {} partition {} base {} created {}{}", identity.segment,
                  identity.partition, identity.base_offset,
                  identity.created.time_since_epoch().count(),
                  identity.compacted ? " compacted" : ""));
  for (std::size_t i = 0; i < header.slots.size(); i++) {
    const auto& slot = header.slots[i];
    out(slot ? fmt::format("slot {} generation {} durable_end {} high_watermark {} log_start {} "
                           "last_append {}",
                           i, slot->generation, slot->durable_end, slot->high_watermark,
                           slot->log_start, slot->last_append.time_since_epoch().count())
             : fmt::format("slot {} empty", i));
  }
}

std::string describe(const BatchHeader& header, std::uint64_t position) {
  std::string line =
      fmt::format("batch {}..{} position {} bytes {} epoch {} records {} max_timestamp {}",
                  header.base_offset, header.last_offset(), position, header.size(),
                  header.leader_epoch, header.records_count, header.max_timestamp);
  if (header.has_producer())
    line += fmt::format(" producer {} epoch {} sequence {}", header.producer_id,
                        header.producer_epoch, header.base_sequence);
  if (header.is_control()) line += " control";
  return line;
}

// What contradicts the batches in front; empty when nothing does.
std::string contradiction(const BatchHeader& header, ByteSpan batch, const SegmentSummary& so_far,
                          bool compacted, LeaderEpoch last_epoch) {
  if (header.base_offset != so_far.end && !(compacted && header.base_offset > so_far.end))
    return fmt::format("offset {} where {} goes on", header.base_offset, so_far.end);
  if (header.leader_epoch < last_epoch)
    return fmt::format("epoch {} behind {}", header.leader_epoch, last_epoch);
  if (!batch_crc_matches(batch)) return "a checksum that does not match";
  return {};
}

// `out` may be empty.
Task<Result<SegmentSummary>> walk_file(env::FileSystem& files, std::string path, LineSink out) {
  CO_TRY(const auto file, co_await files.open(path, env::OpenMode::read_only));
  CO_TRY(const std::uint64_t size, file->size());
  log::SegmentHeaderBlock block{};
  const auto have = static_cast<std::size_t>(std::min<std::uint64_t>(size, block.size()));
  CO_TRY_VOID(co_await log::read_fully(*file, 0, MutableByteSpan(block).first(have)));
  auto header = log::decode_segment_header(ByteSpan(block).first(have));
  if (!header) co_return within(path, std::move(header).error());
  if (out) print_header(out, *header);
  SegmentSummary summary;
  summary.base = summary.end = header->identity.base_offset;
  LeaderEpoch epoch = kNoLeaderEpoch;
  log::BatchCursor cursor(*file, log::kSegmentHeaderBytes, size, log::BatchCursor::kScan);
  for (;;) {
    CO_TRY(const auto batch, co_await cursor.header());
    if (!batch) co_return summary;
    CO_TRY(const ByteSpan bytes, co_await cursor.batch(*batch));
    const std::string wrong =
        contradiction(*batch, bytes, summary, header->identity.compacted, epoch);
    if (!wrong.empty())
      co_return fail(Errc::corrupt, "{} at {}, offset {}: {}", path, cursor.position(), summary.end,
                     wrong);
    if (out) out(describe(*batch, cursor.position()));
    summary.batches++;
    summary.records += static_cast<std::uint64_t>(batch->records_count);
    summary.bytes += batch->size();
    summary.end = batch->next_offset();
    epoch = batch->leader_epoch;
    cursor.skip(*batch);
  }
}

}  // namespace

Task<Result<SegmentSummary>> dump_log_file(env::FileSystem& files, std::string path, LineSink out) {
  co_return co_await walk_file(files, std::move(path), std::move(out));
}

Task<Result<SegmentSummary>> verify_log_file(env::FileSystem& files, std::string path) {
  co_return co_await walk_file(files, std::move(path), {});
}

}  // namespace ropewalk::tools
