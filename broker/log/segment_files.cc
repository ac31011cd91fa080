#include "broker/log/segment_files.h"

namespace ropewalk::log {
namespace {

std::string path_in(const LogPlace& place, std::string_view name) {
  return fmt::format("{}/{}", place.folder, name);
}

}  // namespace

std::vector<std::string> with_parents(std::string folder) {
  std::vector<std::string> all;
  while (!folder.empty()) {
    all.push_back(folder);
    const std::size_t slash = folder.rfind('/');
    folder.resize(slash == std::string::npos ? 0 : slash);
  }
  all.emplace_back();
  return all;
}

Task<Result<SegmentFilePtr>> make_segment(LogPlace place, Offset base,
                                          std::optional<DurableSlot> slot) {
  SegmentHeader header;
  header.identity.partition = place.partition;
  header.identity.base_offset = base;
  // The stream is named for the place, so that a run can be repeated.
  const std::string stream = fmt::format("segment {} {}", place.partition, base);
  header.identity.segment = SegmentId(place.environment.random(stream).uuid());
  header.identity.created = place.environment.wall_now();
  header.slots[0] = slot;
  CO_TRY(auto file, co_await place.files.open(path_in(place, segment_file_name(base)),
                                              env::OpenMode::create_or_truncate));
  const SegmentHeaderBlock block = encode(header);
  const ByteSpan piece(block);
  CO_TRY_VOID(file->write_at(0, std::span(&piece, 1)));
  co_return std::make_shared<SegmentFile>(header.identity, std::move(file));
}

Task<Result<void>> sync_first_segment(LogPlace place, SegmentFilePtr segment) {
  SyncRequest request;
  request.files.push_back(segment->file_ptr());
  request.directories = with_parents(place.folder);
  co_return co_await place.syncer.sync(std::move(request));
}

Result<void> write_batches(const AppendPlan& plan, const SegmentWrite& write) {
  if (write.first_batch == write.end_batch) return {};
  std::vector<ByteSpan> pieces;
  pieces.reserve(2 * (write.end_batch - write.first_batch));
  for (std::size_t i = write.first_batch; i < write.end_batch; i++) {
    pieces.push_back(plan.batches[i].prefix());
    pieces.push_back(plan.batches[i].rest());
  }
  return write.file->file().write_at(write.position, pieces);
}

Result<void> write_slot(const SlotWrite& slot) {
  const SlotBlock block = encode(slot.content);
  const ByteSpan piece(block);
  return slot.file->file().write_at(slot_position(slot.slot), std::span(&piece, 1));
}

Task<Result<void>> remove_if_there(env::FileSystem& files, std::string path) {
  auto removed = co_await files.remove(std::move(path));
  if (!removed && removed.error().code == Errc::not_found) co_return Result<void>();
  co_return removed;
}

Task<Result<void>> remove_segments(LogPlace place, std::vector<SegmentFilePtr> gone) {
  for (std::size_t i = gone.size(); i-- > 0;) {
    const Offset base = gone[i]->base_offset();
    CO_TRY_VOID(co_await remove_if_there(place.files, path_in(place, index_file_name(base))));
    CO_TRY_VOID(co_await remove_if_there(place.files, path_in(place, segment_file_name(base))));
  }
  if (gone.empty()) co_return Result<void>();
  SyncRequest request;
  request.directories.push_back(place.folder);
  co_return co_await place.syncer.sync(std::move(request));
}

Task<Result<void>> give_back_blocks(SegmentViewPtr segment) {
  CO_TRY(const auto size, segment->file->file().size());
  co_return co_await segment->file->file().truncate(size);
}

Task<Result<void>> store_index(LogPlace place, SegmentViewPtr segment) {
  const std::string content =
      StoredIndex::encode(segment->file->identity().segment, segment->end_position, segment->end,
                          segment->index, segment->max_timestamp);
  CO_TRY(auto file, co_await place.files.open(path_in(place, index_file_name(segment->base)),
                                              env::OpenMode::create_or_truncate));
  const ByteSpan piece = as_bytes(content);
  co_return file->write_at(0, std::span(&piece, 1));
}

Task<Result<void>> carry_out(LogPlace place, TruncatePlan plan) {
  SyncRequest file_only;
  file_only.files.push_back(plan.cut->file_ptr());
  // The header first: a slot beside a header that was lost would look like damage.
  CO_TRY_VOID(co_await place.syncer.sync(file_only));
  CO_TRY_VOID(write_slot(plan.slot));
  CO_TRY_VOID(co_await place.syncer.sync(file_only));
  SyncRequest folder_only;
  folder_only.directories.push_back(place.folder);
  if (plan.drop_checkpoint) {
    // Recovery must not believe it. The slot says by now where the log starts.
    CO_TRY_VOID(co_await remove_if_there(place.files, path_in(place, kCheckpointFile)));
    CO_TRY_VOID(co_await place.syncer.sync(folder_only));
  }
  const std::string index = path_in(place, index_file_name(plan.cut->base_offset()));
  CO_TRY_VOID(co_await remove_if_there(place.files, index));
  // The folder is synced also when only the index went: it must not come back beside other bytes.
  CO_TRY_VOID(co_await remove_segments(place, std::move(plan.remove)));
  CO_TRY_VOID(co_await place.syncer.sync(std::move(folder_only)));
  CO_TRY_VOID(co_await plan.cut->file().truncate(plan.cut_position));
  co_return co_await place.syncer.sync(std::move(file_only));
}

}  // namespace ropewalk::log
