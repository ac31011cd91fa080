#include "broker/tools/verify_partition.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/log/checkpoint.h"
#include "broker/log/log_options.h"
#include "broker/log/segment_file.h"
#include "broker/tools/index_check.h"
#include "broker/tools/segment_walk.h"

namespace ropewalk::tools {
namespace {

constexpr std::size_t kIndexBytesMax = std::size_t{1} << 30;

struct Segment {
  Offset base;
  env::FilePtr file;
  std::optional<log::SegmentHeader> header;  // None: it was never written.
};

class PartitionCheck {
 public:
  PartitionCheck(env::FileSystem& files, PartitionPlace place)
      : files_(files), place_(std::move(place)) {}

  // What is known to be durable is read before the bytes that should hold it: so it holds while a
  // broker appends, too.
  Task<PartitionLook> run() {
    look_.findings.partitions = 1;
    look_.start = look_.end = Offset(place_.first_offset);
    co_await take_checkpoint();
    co_await open_segments();
    if (segments_.empty()) {
      must_be_empty();
      co_return std::move(look_);
    }
    leave_out_removed();
    look_.start = segments_.front().base;
    check_start();
    co_await walk();
    look_.end = next_;
    look_.last_epoch = epoch_;
    co_return std::move(look_);
  }

 private:
  std::string path_of(std::string_view name) const {
    return fmt::format("{}/{}", place_.folder, name);
  }
  void problem(std::string text) { look_.findings.problems.push_back(std::move(text)); }
  void note(std::string text) { look_.findings.notes.push_back(std::move(text)); }

  Task<void> take_checkpoint() {
    auto loaded = co_await log::load_checkpoint(files_, place_.folder);
    if (loaded) {
      checkpoint_ = std::move(*loaded);
      durable_end_ = checkpoint_->offset;
    } else if (loaded.error().code != Errc::not_found) {
      problem(loaded.error().context);
    }
  }

  Task<void> open_segments() {
    const auto names = co_await files_.list(place_.folder);
    if (!names) {
      if (names.error().code != Errc::not_found) problem(names.error().context);
      co_return;
    }
    for (const std::string& name : *names) {
      const Offset base = log::base_of_segment_file_name(name);
      if (base == kNoOffset) continue;
      auto opened = co_await open_segment(base, path_of(name));
      if (opened)
        segments_.push_back(std::move(*opened));
      else
        problem(opened.error().context);
    }
  }

  Task<Result<Segment>> open_segment(Offset base, std::string path) {
    Segment segment{base, nullptr, std::nullopt};
    CO_TRY(segment.file, co_await files_.open(path, env::OpenMode::read_only));
    CO_TRY(segment.header, co_await read_segment_header(*segment.file));
    if (!segment.header) co_return segment;
    const log::SegmentIdentity& identity = segment.header->identity;
    if (identity.partition != place_.partition || identity.base_offset != base)
      co_return fail(Errc::corrupt, "{}: a segment of {} from offset {} on", path,
                     identity.partition, identity.base_offset);
    if (const auto slot = segment.header->recorded())
      durable_end_ = std::max(durable_end_, slot->durable_end);
    co_return segment;
  }

  void must_be_empty() {
    if (checkpoint_ && checkpoint_->offset > Offset(place_.first_offset))
      problem(fmt::format("{}: a checkpoint at {} without segments", place_.folder,
                          checkpoint_->offset));
    else if (place_.had_data && look_.findings.problems.empty())
      problem(fmt::format("{}: it had data, and its files are gone", place_.folder));
  }

  // Below the checkpoint's log start: a removal that was interrupted.
  void leave_out_removed() {
    if (!checkpoint_) return;
    std::size_t first = 0;
    for (std::size_t i = 0; i < segments_.size(); i++)
      if (segments_[i].base <= checkpoint_->log_start && segments_[i].header) first = i;
    for (std::size_t i = 0; i < first; i++)
      note(fmt::format("{}: below the log's start {}: the next start removes it",
                       segments_[i].file->path(), checkpoint_->log_start));
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(first));
  }

  void check_start() {
    const Offset first = segments_.front().base;
    if (checkpoint_ && first > checkpoint_->log_start)
      problem(fmt::format("{}: the log starts at {}, its first segment at {}", place_.folder,
                          checkpoint_->log_start, first));
    else if (!checkpoint_ && first > Offset(place_.first_offset) && look_.findings.problems.empty())
      problem(fmt::format("{}: it is missing, though the log begins at {} only",
                          path_of(log::kCheckpointFile), first));
  }

  Task<void> walk() {
    next_ = segments_.front().base;
    for (std::size_t i = 0; i < segments_.size() && !tail_; i++) {
      const Segment& segment = segments_[i];
      if (!segment.header) {
        wrong(*segment.file, 0, "a header that was never written");
        continue;
      }
      look_.findings.segments++;
      if (!follows(i)) {
        wrong(*segment.file, 0,
              fmt::format("the offsets in front of {} are missing", segment.base));
        if (tail_) break;
      }
      next_ = segment.base;
      broken_ = false;
      co_await walk_segment(segment);
    }
    if (!tail_ && !broken_ && next_ < durable_end_)
      problem(fmt::format("{}: the log ends at offset {}, and {} was recorded as durable",
                          segments_.back().file->path(), next_, durable_end_));
  }

  bool follows(std::size_t i) const {
    if (segments_[i].base == next_ || broken_) return true;
    return i > 0 && segments_[i].base > next_ && segments_[i - 1].header &&
           segments_[i - 1].header->identity.compacted;
  }

  // Something that does not check, at the offset `next_`: damage, or a torn tail.
  void wrong(const env::File& file, std::uint64_t position, std::string_view what) {
    const std::string at =
        fmt::format("{} at {}, offset {}: {}", file.path(), position, next_, what);
    broken_ = true;
    if (next_ < durable_end_ || place_.owner == Owner::stopped_in_order) {
      problem(at);
      return;
    }
    tail_ = true;
    note(place_.owner == Owner::running
             ? fmt::format("{}: a broker is at work here, it may be a write under way", at)
             : fmt::format("{}: a torn tail, which the next start cuts", at));
  }

  Task<void> walk_segment(const Segment& segment) {
    const auto size = segment.file->size();
    if (!size) {
      problem(size.error().context);
      broken_ = true;
      co_return;
    }
    auto index = co_await load_index(segment, *size);
    bool sound = true;
    SegmentWalk walk(*segment.file, *size, segment.header->identity, epoch_);
    for (;;) {
      const std::uint64_t position = walk.position();
      const auto batch = co_await walk.step();
      if (!batch) {
        wrong(*segment.file, position, batch.error().context);
        co_return;
      }
      if (!*batch) break;
      see(segment, **batch);
      if (tail_) co_return;
      sound = sound && (*batch)->wrong.empty();
      if (index) index->see((*batch)->header, (*batch)->position);
      next_ = walk.next();
      epoch_ = walk.epoch();
    }
    if (!index || !sound) co_return;
    const std::string disagrees = index->verdict(next_);
    if (!disagrees.empty())
      problem(fmt::format("{}: {}", path_of(log::index_file_name(segment.base)), disagrees));
  }

  void see(const Segment& segment, const WalkedBatch& batch) {
    if (place_.on_progress) place_.on_progress(batch.header.size());
    if (!batch.wrong.empty()) {
      wrong(*segment.file, batch.position, batch.wrong);
      return;
    }
    broken_ = false;
    Findings& findings = look_.findings;
    findings.batches++;
    findings.records += static_cast<std::uint64_t>(batch.header.records_count);
    findings.bytes += batch.header.size();
    if (!place_.also) return;
    const auto fine = place_.also(batch.header, batch.bytes);
    if (!fine)
      problem(fmt::format("{} at {}, offset {}: {}", segment.file->path(), batch.position,
                          batch.header.base_offset, fine.error()));
  }

  // None: there is none, or none that would be used.
  Task<std::optional<IndexCheck>> load_index(const Segment& segment, std::uint64_t size) {
    const std::string path = path_of(log::index_file_name(segment.base));
    const auto bytes = co_await env::read_file(files_, path, kIndexBytesMax);
    if (!bytes) {
      if (bytes.error().code != Errc::not_found) problem(bytes.error().context);
      co_return std::nullopt;
    }
    auto stored = log::StoredIndex::decode(as_bytes(*bytes), segment.header->identity.segment, size,
                                           log::LogOptions().index_interval_bytes);
    if (!stored) {
      note(fmt::format("{}: {}: it is derived, and made anew", path, stored.error()));
      co_return std::nullopt;
    }
    co_return IndexCheck(std::move(*stored), segment.base);
  }

  env::FileSystem& files_;
  PartitionPlace place_;
  PartitionLook look_;
  std::optional<log::Checkpoint> checkpoint_;
  std::vector<Segment> segments_;
  Offset durable_end_;  // As slots and checkpoint say.
  // Where the walk is:
  Offset next_;
  LeaderEpoch epoch_ = kNoLeaderEpoch;
  bool broken_ = false;  // What comes next need not follow: the reason was said.
  bool tail_ = false;    // What comes from here on does not count.
};

}  // namespace

Task<PartitionLook> verify_partition(env::FileSystem& files, PartitionPlace place) {
  PartitionCheck check(files, std::move(place));
  co_return co_await check.run();
}

}  // namespace ropewalk::tools
