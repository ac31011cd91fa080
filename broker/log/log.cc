#include "broker/log/log.h"

#include <algorithm>

namespace ropewalk::log {
namespace {

// Half of what 32 bits of an index can say, so that the last batch still starts within.
constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{1} << 31;

}  // namespace

bool AppendPlan::needs_segment() const {
  return std::ranges::any_of(writes, [](const SegmentWrite& write) { return write.create; });
}

Log::Log(LogOptions options, RecoveredLog recovered)
    : options_(options),
      log_start_(recovered.log_start),
      readable_end_(recovered.log_end),
      durable_end_(recovered.log_end),
      high_watermark_(recovered.high_watermark),
      generation_(recovered.generation),
      epochs_(std::move(recovered.epochs)),
      last_append_(recovered.last_append) {
  for (RecoveredSegment& found : recovered.segments)
    segments_.push_back({std::move(found.file),
                         found.end,
                         found.end_position,
                         found.end_position,
                         std::move(found.index),
                         found.next_slot,
                         {},
                         nullptr});
}

Log::~Log() = default;

AppendPlan Log::plan_append(std::vector<StampedBatch> batches, env::WallTime now) {
  ENSURE(!append_out_, "a plan to append is out already");
  AppendPlan plan;
  plan.generation = generation_;
  plan.batches = std::move(batches);
  const std::uint64_t limit = std::min(options_.segment_bytes, kSegmentBytesMax);
  Offset next = readable_end_;
  std::uint64_t position = segments_.empty() ? 0 : segments_.back().end_position;
  const bool aged =
      !segments_.empty() && now - segments_.back().file->identity().created >= options_.segment_age;
  if (!segments_.empty() && !plan.batches.empty())
    plan.writes.push_back(
        {false, segments_.back().file->base_offset(), segments_.back().file, position, 0, 0, 0});
  for (std::size_t i = 0; i < plan.batches.size(); i++) {
    const StampedBatch& batch = plan.batches[i];
    ENSURE(batch.base_offset() == next, "a batch at {} behind {}", batch.base_offset(), next);
    next = batch.next_offset();
    const bool full =
        (position + batch.size() > limit || (aged && i == 0)) && position > kSegmentHeaderBytes;
    if (plan.writes.empty() || full) {
      position = kSegmentHeaderBytes;
      plan.writes.push_back({true, batch.base_offset(), nullptr, position, i, i, 0});
    }
    SegmentWrite& write = plan.writes.back();
    write.end_batch = i + 1;
    write.bytes += batch.size();
    position += batch.size();
  }
  std::erase_if(plan.writes,
                [](const SegmentWrite& write) { return write.first_batch == write.end_batch; });
  append_out_ = !plan.writes.empty();
  return plan;
}

std::optional<AppendPlan> Log::plan_roll() {
  ENSURE(!append_out_, "a plan to append is out already");
  if (segments_.empty() || segments_.back().end_position == kSegmentHeaderBytes)
    return std::nullopt;
  AppendPlan plan;
  plan.generation = generation_;
  plan.writes.push_back({true, readable_end_, nullptr, kSegmentHeaderBytes, 0, 0, 0});
  append_out_ = true;
  return plan;
}

void Log::written(const AppendPlan& plan, const Result<void>& outcome, env::WallTime now) {
  append_out_ = false;
  if (!outcome) return;
  for (const SegmentWrite& write : plan.writes) {
    if (write.create) {
      if (!segments_.empty()) {
        segments_.back().sealed_view = view_of(segments_.back());
        sealed_.reset();
      }
      const std::uint64_t synced = segments_.empty() ? kSegmentHeaderBytes : 0;
      segments_.push_back({write.file,
                           write.base,
                           kSegmentHeaderBytes,
                           synced,
                           OffsetIndex(options_.index_interval_bytes),
                           0,
                           {},
                           nullptr});
      segments_made_++;
    }
    Segment& segment = segments_.back();
    for (std::size_t i = write.first_batch; i < write.end_batch; i++) {
      const StampedBatch& batch = plan.batches[i];
      segment.index.add(
          static_cast<std::uint64_t>(batch.base_offset() - segment.file->base_offset()),
          segment.end_position, batch.max_timestamp());
      epochs_.appended(batch.leader_epoch(), batch.base_offset());
      segment.end_position += batch.size();
      segment.end = batch.next_offset();
    }
    readable_end_ = segment.end;
    segment.recent_ends.add(segment.end, segment.end_position);
  }
  if (!plan.batches.empty()) last_append_ = now;
  changed();
}

std::uint64_t Log::active_end_position() const {
  return segments_.empty() ? 0 : segments_.back().end_position;
}

DurableSlot Log::slot_now() const {
  return {generation_, durable_end_, std::min(high_watermark_, durable_end_),
          std::min(log_start_, durable_end_), last_append_};
}

bool Log::record_is_behind() const { return !segments_.empty() && slot_now() != recorded_; }

std::optional<SyncPlan> Log::plan_sync(bool record) {
  if (segments_.empty()) return std::nullopt;
  SyncPlan plan;
  plan.generation = generation_;
  plan.end = readable_end_;
  plan.directory = directory_dirty();
  plan.segments_made = segments_made_;
  // Those that are not synced are the last ones.
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (segment->synced_position < segment->end_position)
      plan.files.insert(plan.files.begin(), segment->file);
    else if (segment != segments_.rbegin())
      break;
  }
  if (plan.files.empty() && !plan.directory && !(record && record_is_behind())) return std::nullopt;
  // Into the newest segment whose header is known to be synced: a slot beside a header that was
  // lost would look like damage. The first segment is synced when it is made.
  auto holder = segments_.rbegin();
  while (holder->synced_position == 0 && holder + 1 != segments_.rend()) ++holder;
  plan.slot = SlotWrite{holder->file, holder->next_slot, slot_now()};
  holder->next_slot ^= 1;
  if (std::ranges::find(plan.files, holder->file) == plan.files.end())
    plan.files.insert(plan.files.begin(), holder->file);
  return plan;
}

bool Log::slot_refused(SyncPlan& plan) {
  for (auto& segment : segments_)
    if (segment.file == plan.slot->file) segment.next_slot = plan.slot->slot;
  plan.slot.reset();
  return plan.end > durable_end_ || plan.directory;
}

void Log::synced(const SyncPlan& plan, const Result<void>& outcome) {
  if (plan.generation != generation_ || !outcome) return;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (segment->file->base_offset() < plan.files.front()->base_offset()) break;
    if (std::ranges::find(plan.files, segment->file) == plan.files.end()) continue;
    // Of what was written after the plan was made, nothing is known.
    const bool whole = segment->end <= plan.end;
    segment->synced_position =
        whole ? segment->end_position : std::max(segment->synced_position, std::uint64_t{1});
  }
  if (plan.directory) segments_entered_ = plan.segments_made;
  durable_end_ = std::max(durable_end_, plan.end);
  if (plan.slot) recorded_ = plan.slot->content;
}

TruncatePlan Log::plan_truncate(CutPoint at) {
  ENSURE(!append_out_, "a cut while a plan to append is out");
  ENSURE(!segments_.empty() && at.end >= segments_.front().file->base_offset() &&
             at.end < readable_end_,
         "a cut at {} of {}..{}", at.end, log_start_, readable_end_);
  TruncatePlan plan;
  plan.generation = ++generation_;
  plan.end = at.end;
  // A segment that the cut would leave empty goes too, unless it is the only one.
  auto last = std::ranges::find_if(segments_, [&](const Segment& s) { return s.end > at.end; });
  bool whole = false;
  if (last != segments_.begin() && last->file->base_offset() >= at.end) {
    --last;
    whole = true;
  }
  for (auto gone = last + 1; gone != segments_.end(); ++gone) plan.remove.push_back(gone->file);
  segments_.erase(last + 1, segments_.end());
  Segment& stays = segments_.back();
  stays.file->begin_cut();
  if (!whole) {
    stays.end = at.end;
    stays.end_position = at.position;
    stays.index.truncate(at.position, at.max_timestamp);
    stays.recent_ends.clear();
  }
  stays.synced_position = std::min(stays.synced_position, stays.end_position);
  stays.sealed_view.reset();
  sealed_.reset();
  epochs_.truncate(at.end);
  log_start_ = std::min(log_start_, at.end);  // It was in the middle of the batch that goes.
  readable_end_ = at.end;
  durable_end_ = std::min(durable_end_, at.end);
  high_watermark_ = std::min(high_watermark_, at.end);
  plan.cut = stays.file;
  plan.cut_position = stays.end_position;
  plan.slot = {stays.file, stays.next_slot, slot_now()};
  stays.next_slot ^= 1;
  recorded_ = plan.slot.content;
  changed();
  return plan;
}

DurableSlot Log::reset_slot(Offset start) const {
  return {generation_ + 1, start, start, start, last_append_};
}

std::vector<SegmentFilePtr> Log::reset(Offset start, SegmentFilePtr first) {
  ENSURE(!append_out_ && start >= readable_end_, "a reset to {} of a log that ends at {}", start,
         readable_end_);
  recorded_ = reset_slot(start);
  generation_++;
  std::vector<SegmentFilePtr> gone;
  for (Segment& segment : segments_) gone.push_back(std::move(segment.file));
  segments_.clear();
  // The shell wrote slot 0.
  segments_.push_back({std::move(first),
                       start,
                       kSegmentHeaderBytes,
                       kSegmentHeaderBytes,
                       OffsetIndex(options_.index_interval_bytes),
                       1,
                       {},
                       nullptr});
  epochs_ = EpochStarts();
  log_start_ = readable_end_ = durable_end_ = high_watermark_ = start;
  segments_entered_ = segments_made_;
  sealed_.reset();
  changed();
  return gone;
}

void Log::bump_generation() {
  generation_++;
  changed();
}

void Log::set_high_watermark(Offset high_watermark) {
  high_watermark_ = std::max(high_watermark_, std::min(high_watermark, readable_end_));
}

void Log::set_log_start(Offset start) {
  ENSURE(start <= readable_end_, "a start at {} behind the end {}", start, readable_end_);
  if (start <= log_start_) return;
  log_start_ = start;
  epochs_.trim(start);
  changed();
}

std::vector<SegmentFilePtr> Log::release_below(Offset start) {
  ENSURE(start <= log_start_, "segments below {} of a log from {}", start, log_start_);
  std::vector<SegmentFilePtr> gone;
  while (segments_.size() > 1 && segments_.front().end <= start) {
    if (segments_[1].synced_position == 0 || (segments_.size() == 2 && directory_dirty())) break;
    gone.push_back(std::move(segments_.front().file));
    segments_.erase(segments_.begin());
  }
  if (!gone.empty()) {
    sealed_.reset();
    changed();
  }
  return gone;
}

SegmentViewPtr Log::view_of(const Segment& segment) const {
  return std::make_shared<const SegmentView>(
      SegmentView{segment.file, segment.file->base_offset(), segment.end, segment.end_position,
                  segment.index.max_timestamp(), segment.index.view(), segment.recent_ends,
                  segment.file->cuts()});
}

LogViewPtr Log::view() const {
  if (view_) return view_;
  if (!sealed_) {
    auto sealed = std::make_shared<std::vector<SegmentViewPtr>>();
    for (std::size_t i = 0; i + 1 < segments_.size(); i++)
      sealed->push_back(segments_[i].sealed_view ? segments_[i].sealed_view
                                                 : view_of(segments_[i]));
    sealed_ = std::move(sealed);
  }
  view_ = std::make_shared<const LogView>(
      LogView{sealed_, segments_.empty() ? nullptr : view_of(segments_.back()), log_start_,
              readable_end_, generation_, last_append_});
  return view_;
}

}  // namespace ropewalk::log
