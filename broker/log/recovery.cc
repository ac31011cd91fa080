#include "broker/log/recovery.h"

#include <algorithm>

#include "broker/log/batch_cursor.h"
#include "broker/log/segment_files.h"
#include "common/plant.h"

namespace ropewalk::log {
namespace {

constexpr std::size_t kIndexBytesMax = std::size_t{1} << 30;

struct FoundSegment {
  Offset base;
  SegmentFilePtr file;  // Null: only `handle` is known, its header was never written.
  env::FilePtr handle;
  std::uint64_t size = 0;
  std::optional<DurableSlot> recorded;
  std::size_t next_slot = 0;
  // From the walk:
  Offset end;
  std::uint64_t end_position = kSegmentHeaderBytes;
  std::optional<std::uint64_t> unrecorded;  // Where what is kept behind the recorded end begins.
  OffsetIndex index{0};
};

// One run. It first only looks and decides, then changes files.
class RecoveryRun {
 public:
  RecoveryRun(env::FileSystem& files, RecoveryOptions options)
      : files_(files), options_(std::move(options)) {}

  Task<Result<RecoveryReport>> run() {
    CO_TRY(const auto names, co_await list());
    for (const std::string& name : names) {
      const Offset base = base_of_segment_file_name(name);
      if (base == kNoOffset) continue;
      CO_TRY(auto segment, co_await look_at(base, name));
      segments_.push_back(std::move(segment));
    }
    CO_TRY_VOID(co_await take_checkpoint());
    if (segments_.empty()) {
      if (checkpoint_ && checkpoint_->offset > Offset(options_.log.first_offset))
        co_return fail(Errc::corrupt, "{}: a checkpoint at {} without segments", folder(),
                       checkpoint_->offset);
      co_return empty_log();
    }
    CO_TRY_VOID(find_first());
    CO_TRY_VOID(co_await walk());
    CO_TRY_VOID(co_await apply());
    co_return finish();
  }

 private:
  const std::string& folder() const { return options_.folder; }
  std::string path_of(std::string_view name) const { return fmt::format("{}/{}", folder(), name); }
  void note(std::string text) {
    if (!report_.notes.empty()) report_.notes += "; ";
    report_.notes += text;
  }

  Task<Result<std::vector<std::string>>> list() {
    auto names = co_await files_.list(folder());
    if (!names && names.error().code == Errc::not_found) co_return std::vector<std::string>();
    co_return names;
  }

  Task<Result<FoundSegment>> look_at(Offset base, std::string name) {
    FoundSegment found;
    found.base = base;
    CO_TRY(found.handle, co_await files_.open(path_of(name), env::OpenMode::read_write));
    CO_TRY(found.size, found.handle->size());
    std::vector<std::byte> block(std::min<std::uint64_t>(found.size, kSegmentHeaderBytes));
    CO_TRY_VOID(co_await read_fully(*found.handle, 0, block));
    auto header = decode_segment_header(block);
    if (!header) {
      if (header.error().code != Errc::corrupt || !may_be_unwritten(block))
        co_return within(path_of(name), std::move(header).error());
      co_return found;
    }
    if (header->identity.partition != options_.partition || header->identity.base_offset != base)
      co_return fail(Errc::corrupt, "{} is a segment of {} from {} on", path_of(name),
                     header->identity.partition, header->identity.base_offset);
    found.recorded = header->recorded();
    found.next_slot = header->next_slot();
    found.file = std::make_shared<SegmentFile>(header->identity, found.handle);
    co_return found;
  }

  Task<Result<void>> take_checkpoint() {
    auto loaded = co_await load_checkpoint(files_, folder());
    if (loaded) {
      checkpoint_ = std::move(*loaded);
      recorded_.durable_end = checkpoint_->offset;
      recorded_.high_watermark = checkpoint_->high_watermark;
      recorded_.log_start = checkpoint_->log_start;
    } else if (loaded.error().code == Errc::corrupt) {
      report_.checkpoint_lost = true;
      note(fmt::format("{}", loaded.error()));
    } else if (loaded.error().code != Errc::not_found) {
      co_return std::unexpected(std::move(loaded).error());
    }
    co_return Result<void>();
  }

  RecoveryReport empty_log() {
    const Offset first(options_.log.first_offset);
    report_.log.log_start = report_.log.log_end = report_.log.high_watermark = first;
    report_.log.generation = 1;
    if (checkpoint_) report_.log.checkpoint = mark_of(*checkpoint_);
    return std::move(report_);
  }

  // Takes what slots and checkpoint say, and leaves out segments that are below the checkpoint's
  // log start: a removal that was interrupted. Those below a slot's only stay: the slot may be in
  // one of them, and with it what says where the log starts.
  Result<void> find_first() {
    const Offset kept_start = checkpoint_ ? checkpoint_->log_start : segments_.front().base;
    Offset log_start = kept_start;
    for (const FoundSegment& segment : segments_) {
      if (!segment.recorded) continue;
      if (slot_base_ && !segment.recorded->newer_than(slot_)) continue;
      slot_ = *segment.recorded;
      slot_base_ = segment.base;
    }
    log_start = std::max(log_start, slot_.log_start);
    if (!checkpoint_) recorded_.durable_end = log_start;
    recorded_.durable_end = std::max(recorded_.durable_end, slot_.durable_end);
    recorded_.high_watermark = std::clamp(std::max(recorded_.high_watermark, slot_.high_watermark),
                                          log_start, std::max(recorded_.durable_end, log_start));
    recorded_.log_start = log_start;
    std::size_t first = segments_.size();
    for (std::size_t i = 0; i < segments_.size(); i++)
      if (segments_[i].base <= kept_start && (segments_[i].file || i == 0)) first = i;
    if (first == segments_.size())
      return fail(Errc::corrupt, "{}: the log starts at {}, its first segment at {}", folder(),
                  kept_start, segments_.front().base);
    const auto begin = segments_.begin();
    obsolete_.assign(std::make_move_iterator(begin),
                     std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(first)));
    segments_.erase(begin, begin + static_cast<std::ptrdiff_t>(first));
    return {};
  }

  Offset scan_from() const { return checkpoint_ ? checkpoint_->offset : segments_.front().base; }

  Task<Result<void>> walk() {
    if (checkpoint_) {
      epochs_ = checkpoint_->epochs;
      if (options_.on_checkpoint) options_.on_checkpoint(*checkpoint_);
    }
    const Offset first = segments_.front().base;
    if (checkpoint_ ? checkpoint_->offset < first : first > Offset(options_.log.first_offset))
      report_.checkpoint_lost = true;
    next_ = first;
    keep_ = 0;
    while (keep_ < segments_.size()) {
      FoundSegment& segment = segments_[keep_];
      if (!segment.file || !follows(segment)) {
        CO_TRY_VOID(
            tail_at(segment, 0,
                    fmt::format("{}", !segment.file ? "an unwritten header" : "a gap before it")));
        break;
      }
      next_ = segment.base;
      CO_TRY(const bool whole, co_await walk_segment(segment));
      keep_++;
      if (!whole) break;
    }
    if (next_ < recorded_.durable_end)
      co_return fail(Errc::corrupt, "{}: the log ends at {}, and {} was recorded", folder(), next_,
                     recorded_.durable_end);
    co_return Result<void>();
  }

  bool follows(const FoundSegment& segment) const {
    if (segment.base == next_) return true;
    return keep_ > 0 && segments_[keep_ - 1].file->identity().compacted && segment.base > next_;
  }

  // Bytes that do not check, at `next_`: a torn tail, or damage.
  Result<void> tail_at(const FoundSegment& segment, std::uint64_t position, std::string why) {
    if (next_ < recorded_.durable_end)
      return fail(Errc::corrupt, "{} at {}, offset {}, where {} was recorded as durable: {}",
                  segment.handle->path(), position, next_, recorded_.durable_end, why);
    report_.cut_tail = true;
    note(fmt::format("cut {} at {}, offset {}: {}", segment.handle->path(), position, next_, why));
    return {};
  }

  // Whether the segment is good up to its last byte.
  Task<Result<bool>> walk_segment(FoundSegment& segment) {
    const bool last = keep_ + 1 == segments_.size();
    auto stored = co_await stored_index(segment);
    if (stored && stored->end_offset <= scan_from() &&
        (last || stored->end_offset == segments_[keep_ + 1].base)) {
      segment.index = std::move(stored->index);
      segment.end = next_ = stored->end_offset;
      segment.end_position = segment.size;
      co_return true;
    }
    segment.index = OffsetIndex(options_.log.index_interval_bytes);
    segment.end = segment.base;
    // Its header and its name may be in memory only, too.
    if (segment.base >= recorded_.durable_end) segment.unrecorded = kSegmentHeaderBytes;
    BatchCursor cursor(*segment.handle, kSegmentHeaderBytes, segment.size, BatchCursor::kScan);
    for (;;) {
      auto header = co_await cursor.header();
      if (header && !*header) co_return true;
      std::string wrong;
      if (!header) {
        if (header.error().code != Errc::corrupt)
          co_return std::unexpected(std::move(header).error());
        wrong = header.error().context;
      } else {
        CO_TRY(wrong, co_await check(segment, cursor, **header));
      }
      if (!wrong.empty()) {
        CO_TRY_VOID(tail_at(segment, cursor.position(), std::move(wrong)));
        report_.cut_bytes += segment.size - cursor.position();
        co_return false;
      }
      const BatchHeader& good = **header;
      if (good.next_offset() > recorded_.durable_end && !segment.unrecorded)
        segment.unrecorded = cursor.position();
      segment.index.add(static_cast<std::uint64_t>(good.base_offset - segment.base),
                        cursor.position(), good.max_timestamp);
      cursor.skip(good);
      segment.end = next_ = good.next_offset();
      segment.end_position = cursor.position();
    }
  }

  // What is wrong with the batch at `next_`; empty when nothing is. Batches below the checkpoint
  // were checked when it was written.
  Task<Result<std::string>> check(const FoundSegment& segment, BatchCursor& cursor,
                                  BatchHeader header) {
    if (header.base_offset != next_ &&
        !(segment.file->identity().compacted && header.base_offset > next_))
      co_return fmt::format("a batch with offset {}", header.base_offset);
    if (header.base_offset < scan_from()) co_return std::string();
    if (const auto epoch = epochs_.last(); epoch && header.leader_epoch < *epoch)
      co_return fmt::format("epoch {} behind {}", header.leader_epoch, *epoch);
    CO_TRY(const ByteSpan batch, co_await cursor.batch(header));
    if (!batch_crc_matches(batch) && !RW_PLANT(torn_tail_accepted))
      co_return std::string("a checksum that does not match");
    epochs_.appended(header.leader_epoch, header.base_offset);
    report_.batches_scanned++;
    report_.bytes_scanned += batch.size();
    if (options_.on_batch) options_.on_batch(header, batch);
    co_return std::string();
  }

  Task<std::optional<StoredIndex>> stored_index(const FoundSegment& segment) {
    auto bytes =
        co_await env::read_file(files_, path_of(index_file_name(segment.base)), kIndexBytesMax);
    if (!bytes) co_return std::nullopt;
    auto index = StoredIndex::decode(as_bytes(*bytes), segment.file->identity().segment,
                                     segment.size, options_.log.index_interval_bytes);
    if (!index) co_return std::nullopt;
    co_return std::move(*index);
  }

  // Each step may be the last before a crash, and then the next recovery must find the same log:
  // what says where it begins and ends goes only when something else that is durable says so.
  Task<Result<void>> apply() {
    std::vector<FoundSegment> tail(
        std::make_move_iterator(segments_.begin() + static_cast<std::ptrdiff_t>(keep_)),
        std::make_move_iterator(segments_.end()));
    segments_.resize(keep_);
    bool written_again = false;
    for (FoundSegment& segment : segments_) {
      if (segment.end_position < segment.size) {
        // The index may have been made for the longer file.
        CO_TRY_VOID(co_await remove_if_there(files_, path_of(index_file_name(segment.base))));
        CO_TRY_VOID(co_await segment.handle->truncate(segment.end_position));
        CO_TRY_VOID(co_await segment.handle->sync());
      }
      if (!segment.unrecorded) continue;
      written_again = true;
      CO_TRY_VOID(co_await write_again(segment));
    }
    if (written_again || report_.cut_tail)
      for (const std::string& path : with_parents(folder()))
        CO_TRY_VOID(co_await files_.sync_directory(path));
    const bool slot_goes = std::ranges::none_of(
        segments_, [this](const FoundSegment& segment) { return segment.base == slot_base_; });
    if (!segments_.empty() && (next_ > recorded_.durable_end || (slot_base_ && slot_goes)))
      CO_TRY_VOID(co_await record());
    for (const FoundSegment& segment : tail) report_.cut_bytes += segment.size;
    for (const FoundSegment& segment : obsolete_)
      note(fmt::format("removed {}, below the log's start", segment.handle->path()));
    CO_TRY_VOID(co_await remove(tail));
    CO_TRY_VOID(co_await remove(obsolete_));
    const bool removed = !tail.empty() || !obsolete_.empty();
    if (removed || !options_.after_clean_stop) CO_TRY_VOID(co_await keep_cuts());
    co_return Result<void>();
  }

  // A truncation that a crash interrupted may have reached the memory only. It is as good as
  // carried out for all that was read here, so what it took away must not come back behind what is
  // appended next.
  Task<Result<void>> keep_cuts() {
    if (!segments_.empty()) CO_TRY_VOID(co_await segments_.back().handle->sync());
    co_return co_await files_.sync_directory(folder());
  }

  // Last first, so that what a crash leaves has no gap.
  Task<Result<void>> remove(const std::vector<FoundSegment>& segments) {
    for (std::size_t i = segments.size(); i-- > 0;) {
      const Offset base = segments[i].base;
      CO_TRY_VOID(co_await remove_if_there(files_, path_of(index_file_name(base))));
      CO_TRY_VOID(co_await remove_if_there(files_, path_of(segment_file_name(base))));
    }
    co_return Result<void>();
  }

  // What is kept may be in the page cache only, marked clean by a sync that failed: only writing it
  // again makes the next sync mean something.
  Task<Result<void>> write_again(const FoundSegment& segment) {
    std::vector<std::byte> buffer;
    std::uint64_t position = *segment.unrecorded;
    while (position < segment.end_position) {
      buffer.resize(static_cast<std::size_t>(
          std::min<std::uint64_t>(BatchCursor::kScan, segment.end_position - position)));
      CO_TRY_VOID(co_await read_fully(*segment.handle, position, buffer));
      const ByteSpan piece(buffer);
      CO_TRY_VOID(segment.handle->write_at(position, std::span(&piece, 1)));
      position += buffer.size();
    }
    // The header too: it may never have reached the disk.
    SegmentHeaderBlock block;
    CO_TRY_VOID(co_await read_fully(*segment.handle, 0, block));
    const ByteSpan piece(block);
    CO_TRY_VOID(segment.handle->write_at(0, std::span(&piece, 1)));
    co_return co_await segment.handle->sync();
  }

  // So that damage to what counts from now on is not taken for a torn tail next time.
  Task<Result<void>> record() {
    FoundSegment& last = segments_.back();
    const DurableSlot slot{slot_.generation + 1, next_, recorded_.high_watermark,
                           recorded_.log_start, slot_.last_append};
    CO_TRY_VOID(write_slot({last.file, last.next_slot, slot}));
    last.next_slot ^= 1;
    co_return co_await last.handle->sync();
  }

  RecoveryReport finish() {
    if (segments_.empty()) return empty_log();
    report_.had_files = true;
    RecoveredLog& log = report_.log;
    for (FoundSegment& segment : segments_)
      log.segments.push_back({segment.file, segment.end, segment.end_position,
                              std::move(segment.index), segment.next_slot});
    log.log_start = std::min(recorded_.log_start, next_);
    log.log_end = next_;
    log.high_watermark = recorded_.high_watermark;
    // One more than record() may have written.
    log.generation = slot_.generation + 2;
    epochs_.trim(log.log_start);
    log.epochs = std::move(epochs_);
    log.last_append = slot_.last_append;
    if (checkpoint_) log.checkpoint = mark_of(*checkpoint_);
    return std::move(report_);
  }

  env::FileSystem& files_;
  RecoveryOptions options_;
  RecoveryReport report_;
  std::vector<FoundSegment> segments_;
  std::vector<FoundSegment> obsolete_;
  std::optional<Checkpoint> checkpoint_;
  DurableSlot slot_;                 // The greatest.
  std::optional<Offset> slot_base_;  // Of the segment that has it.
  DurableSlot recorded_;             // With what the checkpoint says.
  EpochStarts epochs_;
  Offset next_;           // Where the walk is.
  std::size_t keep_ = 0;  // Segments that stay.
};

}  // namespace

Task<Result<RecoveryReport>> recover(env::FileSystem& files, RecoveryOptions options) {
  RecoveryRun run(files, std::move(options));
  co_return co_await run.run();
}

}  // namespace ropewalk::log
