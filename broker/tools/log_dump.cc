#include "broker/tools/log_dump.h"

#include "broker/tools/segment_walk.h"

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

// `out` may be empty.
Task<Result<SegmentSummary>> walk_file(env::FileSystem& files, std::string path, LineSink out) {
  CO_TRY(const auto file, co_await files.open(path, env::OpenMode::read_only));
  CO_TRY(const auto header, co_await read_segment_header(*file));
  if (!header) co_return fail(Errc::corrupt, "{}: a header that was never written", path);
  if (out) print_header(out, *header);
  CO_TRY(const std::uint64_t size, file->size());
  SegmentSummary summary;
  summary.base = summary.end = header->identity.base_offset;
  SegmentWalk walk(*file, size, header->identity);
  for (;;) {
    CO_TRY(const auto batch, co_await walk.step());
    if (!batch) co_return summary;
    if (!batch->wrong.empty())
      co_return fail(Errc::corrupt, "{} at {}, offset {}: {}", path, batch->position, summary.end,
                     batch->wrong);
    if (out) out(describe(batch->header, batch->position));
    summary.batches++;
    summary.records += static_cast<std::uint64_t>(batch->header.records_count);
    summary.bytes += batch->header.size();
    summary.end = batch->header.next_offset();
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
