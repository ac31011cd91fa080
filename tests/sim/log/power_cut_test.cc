// One log under power cuts, killed processes and disks that fail: what was told to be durable is
// there afterwards, and what is there is a prefix of what was appended, without gaps.
#include <cstdlib>

#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {
namespace {

struct Exercised {
  std::uint64_t power_cuts = 0, kills = 0, torn_tails = 0, torn_files = 0, lost_entries = 0;
  std::uint64_t failed_logs = 0, cuts_interrupted = 0, cuts_done = 0, removed_segments = 0;
  std::uint64_t acknowledged = 0, rewritten = 0, disk_full = 0, rolls = 0;
};

class LogStory {
 public:
  LogStory(std::uint64_t seed, Exercised& exercised)
      : world_(seed), node_(world_.add_node("a")), seen_(exercised) {
    options_.segment_bytes = 4096 + 1000 + random().below(12000);
    options_.index_interval_bytes = static_cast<std::uint32_t>(256 + random().below(2000));
    options_.quiet_after = std::chrono::milliseconds(1 + random().below(50));
    options_.sync_appends = random().chance(0.8);
    faulty_ = random().chance(0.3);
  }
  ~LogStory() {
    node_.kill();
    life_.reset();
  }

  // A life of the process that ends badly.
  void live() {
    open();
    if (has_failed()) return;
    const std::uint64_t steps = random().below(40);
    for (std::uint64_t i = 0; i < steps && !life_->owner().failure && !has_failed(); i++) step();
    note_durable();
    world_.run_for(std::chrono::microseconds(random().below(6000)));
    end();
  }
  // Everything still fits together.
  void check() {
    open();
    if (!has_failed()) check_content();
  }

 private:
  static bool has_failed() { return testing::Test::HasFailure(); }
  env::Random& random() { return world_.random(); }
  std::string seed() const { return fmt::format("seed {}: ", world_.seed()); }
  Offset appended_end() const { return batches_.empty() ? start_ : batches_.back().next; }

  void set_faults() {
    sim::DiskFaults& faults = node_.disk("/d").faults;
    faults.sync_error = faulty_ ? 0.02 : 0;
    faults.write_error = faulty_ ? 0.01 : 0;
    if (faulty_ && random().chance(0.2))
      faults.capacity_bytes = node_.disk("/d").used_bytes() + 3000 + random().below(20000);
  }
  void clear_faults() {
    sim::DiskFaults& faults = node_.disk("/d").faults;
    faults.sync_error = faults.write_error = 0;
    faults.capacity_bytes = std::uint64_t{1} << 40;
  }

  void open() {
    life_ = std::make_unique<LogLife>(world_, node_, options_);
    clear_faults();
    Offset scanned;
    auto opened = life_->open([&](const BatchHeader& header, ByteSpan) {
      EXPECT_GE(header.base_offset, scanned) << seed();
      scanned = header.next_offset();
    });
    ASSERT_TRUE(opened) << seed() << to_string(opened.error()) << " (durable: " << durable_.value()
                        << ")";
    if (life_->report.cut_tail) seen_.torn_tails++;
    const Offset end = life_->log().readable_end();
    ASSERT_GE(end, durable_) << seed() << life_->report.notes;
    ASSERT_LE(end, appended_end()) << seed();
    ASSERT_EQ(life_->log().durable_end(), end) << seed();
    if (end > durable_) seen_.rewritten++;
    const Offset start = life_->log().log_start();
    ASSERT_GE(start, durable_start_) << seed();
    // A cut that did not come to pass took no start back either.
    ASSERT_LE(start, std::max(cutting_ ? start_before_cut_ : start_, durable_start_)) << seed();
    start_ = durable_start_ = start;
    while (!batches_.empty() && batches_.back().next > end) batches_.pop_back();
    cutting_ = false;
    // What recovery kept counts from here on.
    durable_ = end;
    check_content();
    set_faults();
  }

  void check_content() {
    const Offset end = life_->log().readable_end();
    Offset from = start_;
    std::string wanted;
    for (const ModelBatch& batch : batches_) {
      if (batch.next <= start_) continue;
      wanted += batch.bytes;
      ASSERT_EQ(life_->log().epochs().epoch_at(std::max(batch.base, start_)), batch.epoch)
          << seed();
    }
    std::string got;
    while (from < end) {
      const std::size_t budget = 1 + random().below(20000);
      auto chunks = life_->read_chunks(from, {end, budget, true});
      ASSERT_TRUE(chunks) << seed() << to_string(chunks.error());
      auto bytes = life_->read(from, {end, budget, true});
      ASSERT_TRUE(bytes) << seed() << to_string(bytes.error());
      got += *bytes;
      ASSERT_GT(chunks->next, from) << seed();
      from = chunks->next;
    }
    ASSERT_TRUE(got == wanted) << seed() << got.size() << " bytes instead of " << wanted.size();
  }

  void note_durable() {
    // Only what the owner was told counts, and nothing behind a cut that is under way.
    if (cutting_) return;
    if (life_->owner().durable > durable_) seen_.acknowledged++;
    durable_ = std::max(durable_, life_->owner().durable);
  }

  void step() {
    note_durable();
    const std::uint64_t what = random().below(100);
    if (life_->owner().refused) {
      seen_.disk_full++;
      while (!batches_.empty() && batches_.back().next > *life_->owner().refused)
        batches_.pop_back();
      life_->owner().refused.reset();
      clear_faults();
    }
    if (what < 70)
      append();
    else if (what < 80)
      world_.run_for(std::chrono::microseconds(random().below(20000)));
    else if (what < 84 && !faulty_)
      truncate();
    else if (what < 90)
      store_checkpoint();
    else if (what < 94)
      advance_start();
    else if (what < 97)
      roll();
    else
      life_->inside([this] { life_->log().request_sync(); });
  }

  void append() {
    if (cutting_) return;
    if (random().chance(0.1)) epoch_ = epoch_.next();
    const auto fill = static_cast<char>('a' + random().below(26));
    auto batch =
        make_batch(static_cast<int>(1 + random().below(3)), random().below(1500), 1000, fill);
    life_->inside([&] {
      if (life_->owner().refused || life_->log().failed()) return;
      auto stamped = StampedBatch::stamp(batch, life_->log().next_offset(), epoch_).value();
      batches_.push_back(
          {stamped.base_offset(), stamped.next_offset(), epoch_, 1000, stamped_text(stamped)});
      life_->log().append(std::move(stamped));
    });
  }

  void truncate() {
    if (cutting_) return;
    // Written first, so that what is cut away is known.
    world_.run_until([&] { return life_->log().readable_end() == life_->log().next_offset(); },
                     std::chrono::seconds(5));
    const auto span = static_cast<std::uint64_t>(appended_end() - start_);
    const Offset to = appended_end() - static_cast<std::int64_t>(
                                           random().below(std::min<std::uint64_t>(span, 9) + 1));
    note_durable();
    start_before_cut_ = start_;
    for (const ModelBatch& batch : batches_)
      if (batch.next > to) {
        durable_ = std::min(durable_, batch.base);
        start_ = std::min(start_, batch.base);
        durable_start_ = std::min(durable_start_, batch.base);
        break;
      }
    cutting_ = true;
    life_->inside([this, to] {
      life_->log().truncate(to, [this, to](Result<void> outcome) {
        if (!outcome) return;
        cutting_ = false;
        life_->owner().durable = life_->log().durable_end();
        // A checkpoint that ended after the cut was asked for said it again.
        durable_start_ = std::min(durable_start_, life_->log().log_start());
        while (!batches_.empty() && batches_.back().next > to) batches_.pop_back();
        seen_.cuts_done++;
      });
    });
    if (random().chance(0.7))
      world_.run_until([this] { return !cutting_ || life_->owner().failure; },
                       std::chrono::seconds(5));
  }

  void store_checkpoint() {
    if (cutting_) return;
    note_durable();
    const Offset start = life_->log().log_start();
    const std::size_t before = life_->log().view()->segment_count();
    life_->inside([this, start, before] {
      const Offset at = life_->log().readable_end();
      life_->log().set_high_watermark(at);
      life_->log().checkpoint(at, "state", [this, start, before](Result<void> outcome) {
        if (!outcome) return;
        durable_start_ = std::max(durable_start_, start);
        if (life_->log().view()->segment_count() < before) seen_.removed_segments++;
      });
    });
  }

  // Perhaps so that nothing is left.
  void roll() {
    if (cutting_) return;
    const bool all = random().chance(0.5);
    life_->inside([this, all] {
      PartitionLog& log = life_->log();
      if (all && log.durable_end() == log.next_offset())
        log.set_log_start(start_ = log.durable_end());
      log.roll();
      seen_.rolls++;
    });
  }

  void advance_start() {
    if (cutting_) return;
    life_->inside([this] {
      const auto span = static_cast<std::uint64_t>(life_->log().durable_end() - start_);
      if (life_->log().durable_end() <= start_) return;
      start_ += static_cast<std::int64_t>(random().below(span / 2 + 1));
      life_->log().set_log_start(start_);
    });
  }

  void end() {
    note_durable();
    if (cutting_) seen_.cuts_interrupted++;
    if (life_->owner().failure) seen_.failed_logs++;
    if (random().chance(0.75)) {
      const sim::PowerCutDamage damage = node_.power_cut();
      seen_.power_cuts++;
      seen_.torn_files += damage.torn_files;
      seen_.lost_entries += damage.lost_entries;
    } else {
      node_.kill();
      seen_.kills++;
    }
    life_.reset();
  }

  sim::Simulation world_;
  sim::Node& node_;
  Exercised& seen_;
  LogOptions options_;
  std::unique_ptr<LogLife> life_;
  std::vector<ModelBatch> batches_;  // All that was appended and not surely cut away.
  Offset start_;                     // As set.
  Offset start_before_cut_;
  Offset durable_start_;  // What a checkpoint keeps.
  Offset durable_;        // What the log said was durable.
  LeaderEpoch epoch_{1};
  bool faulty_ = false;
  bool cutting_ = false;  // A truncation has not ended: its records may or may not come back.
};

TEST(LogPowerCut, LosesNothingThatWasDurable) {
  const std::uint64_t only = sim::seed_from_environment(0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t count = only != 0 ? 1 : 1500;
  Exercised seen;
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); seed++) {
    LogStory story(seed, seen);
    for (int life = 0; life < 5 && !HasFailure(); life++) story.live();
    if (!HasFailure()) story.check();
  }
  fmt::print(
      "power cuts {}, kills {}, torn tails {}, torn files {}, lost directory entries {}, failed "
      "logs {}, cuts done {}, cuts interrupted {}, segments removed {}, tails kept {}, acks {}, "
      "full disks {}\n",
      seen.power_cuts, seen.kills, seen.torn_tails, seen.torn_files, seen.lost_entries,
      seen.failed_logs, seen.cuts_done, seen.cuts_interrupted, seen.removed_segments,
      seen.rewritten, seen.acknowledged, seen.disk_full);
  if (only != 0) return;
  EXPECT_GE(seen.power_cuts, 3 * count);
  EXPECT_GT(seen.kills, 0U);
  EXPECT_GT(seen.torn_tails, 0U);
  EXPECT_GT(seen.torn_files, 0U);
  EXPECT_GT(seen.lost_entries, 0U);
  EXPECT_GT(seen.failed_logs, 0U);
  EXPECT_GT(seen.cuts_done, 0U);
  EXPECT_GT(seen.cuts_interrupted, 0U);
  EXPECT_GT(seen.removed_segments, 0U);
  EXPECT_GT(seen.rewritten, 0U);
  EXPECT_GT(seen.acknowledged, 0U);
  EXPECT_GT(seen.disk_full, 0U);
  EXPECT_GT(seen.rolls, 0U);
}

}  // namespace
}  // namespace ropewalk::log
