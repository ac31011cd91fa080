// What recovery takes for torn, for damaged and for derived.
#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {
namespace {

class Recovery : public testing::Test {
 protected:
  Recovery() {
    options_.segment_bytes = 4096 + 3000;
    options_.index_interval_bytes = 300;
    start();
    EXPECT_TRUE(life_->open());
  }
  ~Recovery() override {
    node_.kill();
    life_.reset();
  }
  void start() { life_ = std::make_unique<LogLife>(world_, node_, options_); }
  void fill(int batches) {
    for (int i = 0; i < batches; i++)
      batches_.push_back(life_->append(
          make_batch(2, 200), epoch_ = LeaderEpoch(1 + static_cast<int>(batches_.size()) / 5)));
    ASSERT_TRUE(life_->wait_durable(batches_.back().next));
    life_->inside([this] { life_->log().set_high_watermark(batches_.back().next); });
  }
  void let_it_fall_quiet() { world_.run_for(std::chrono::seconds(4)); }
  void end_process() {
    node_.kill();
    life_.reset();
  }
  std::string path(std::string_view name) { return fmt::format("{}/{}", LogLife::kFolder, name); }
  std::string last_segment() {
    std::string last;
    for (const std::string& file : node_.disk("/d").files())
      if (file.ends_with(".log")) last = file;
    return last;
  }
  // Everything a reader can ask.
  std::string answers() {
    std::string all = fmt::format("{} {} {}\n", life_->log().log_start(),
                                  life_->log().readable_end(), life_->log().durable_end());
    for (Offset at = life_->log().log_start(); at < life_->log().readable_end(); at += 1)
      all += life_->read(at, {life_->log().readable_end(), 500, true}).value_or("?");
    for (std::int64_t time = 990; time < 1010; time++) {
      const auto found = world_.run(
          life_->core(), find_timestamp(life_->log().view(), time, life_->log().readable_end()));
      all += found && *found ? fmt::format("{} ", (*found)->base) : "none ";
    }
    for (const EpochStart& entry : life_->log().epochs().entries())
      all += fmt::format("{}@{} ", entry.epoch, entry.start);
    return all;
  }

  void overwrite(std::string file, std::string content) {
    auto files = node_.environment().open_file_system({"/d"}).value();
    env::Core& core = node_.environment().core(0);
    ASSERT_TRUE(world_.run(core, env::replace_file(*files, std::move(file), std::move(content))));
  }
  void remove(std::string file) {
    auto files = node_.environment().open_file_system({"/d"}).value();
    ASSERT_TRUE(world_.run(node_.environment().core(0), files->remove(std::move(file))));
  }

  sim::Simulation world_{5};
  sim::Node& node_ = world_.add_node("a");
  LogOptions options_;
  std::unique_ptr<LogLife> life_;
  std::vector<ModelBatch> batches_;
  LeaderEpoch epoch_{1};
};

TEST_F(Recovery, CutsWhatDoesNotCheckBehindTheRecordedEnd) {
  fill(3);
  let_it_fall_quiet();
  const ModelBatch last = life_->append(make_batch(1, 100), epoch_);
  ASSERT_TRUE(life_->wait_durable(last.next));
  end_process();
  const std::string file = last_segment();
  const std::uint64_t size = node_.disk("/d").content(file)->size();
  ASSERT_TRUE(node_.disk("/d").flip_bit(file, size - 10));
  start();
  ASSERT_TRUE(life_->open());
  EXPECT_TRUE(life_->report.cut_tail);
  EXPECT_EQ(life_->log().readable_end(), last.base);
  EXPECT_EQ(node_.disk("/d").content(file)->size(), size - last.bytes.size());
}

TEST_F(Recovery, DamageBeforeTheRecordedEndIsReportedAndChangesNothing) {
  fill(8);
  let_it_fall_quiet();
  end_process();
  const std::string file = last_segment();
  ASSERT_TRUE(node_.disk("/d").flip_bit(file, kSegmentHeaderBytes + 100));
  const std::string before = node_.disk("/d").content(file).value();
  start();
  const auto opened = life_->open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
  EXPECT_NE(opened.error().context.find(file), std::string::npos) << opened.error().context;
  EXPECT_EQ(node_.disk("/d").content(file).value() == before, true);
}

TEST_F(Recovery, AMissingSegmentInTheMiddleIsDamage) {
  fill(20);
  let_it_fall_quiet();
  end_process();
  std::vector<std::string> segments;
  for (const std::string& file : node_.disk("/d").files())
    if (file.ends_with(".log")) segments.push_back(file);
  ASSERT_GE(segments.size(), 3U);
  remove(segments[1]);
  start();
  const auto opened = life_->open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(Recovery, ADamagedHeaderIsDamageAndAnEmptyLastSegmentIsTorn) {
  fill(8);
  let_it_fall_quiet();
  const Offset end = batches_.back().next;
  end_process();
  overwrite(path(segment_file_name(end)), std::string(4096, '\0'));
  start();
  ASSERT_TRUE(life_->open());
  EXPECT_EQ(life_->log().readable_end(), end);
  EXPECT_TRUE(life_->report.cut_tail);
  end_process();
  overwrite(path(segment_file_name(end)), std::string(4096, 'x'));
  start();
  const auto opened = life_->open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(Recovery, NothingIsScannedAfterAnOrderlyStop) {
  fill(20);
  ASSERT_TRUE(life_->checkpoint(batches_.back().next, "producers"));
  ASSERT_TRUE(life_->close());
  end_process();
  start();
  ASSERT_TRUE(life_->open());
  EXPECT_EQ(life_->report.batches_scanned, 0U);
  EXPECT_EQ(life_->report.bytes_scanned, 0U);
  EXPECT_EQ(life_->log().readable_end(), batches_.back().next);
}

TEST_F(Recovery, AForeignSegmentIsRefused) {
  fill(2);
  end_process();
  SegmentHeader header;
  header.identity.partition = {kOrders.topic, 99};
  header.identity.base_offset = Offset(4);
  const SegmentHeaderBlock block = encode(header);
  overwrite(path(segment_file_name(Offset(4))), std::string(as_text(block)));
  start();
  EXPECT_EQ(life_->open().error().code, Errc::corrupt);
}

// C27: for every file but segment data, all answers are the same without it, with it empty, cut in
// half, zeroed, and with an older copy.
TEST_F(Recovery, DerivedFilesMayBeMissingDamagedOrOld) {
  fill(12);
  ASSERT_TRUE(life_->checkpoint(batches_.back().next, "old"));
  let_it_fall_quiet();
  std::map<std::string, std::string> old;
  for (const std::string& file : node_.disk("/d").files())
    if (!file.ends_with(".log")) old[file] = node_.disk("/d").content(file).value();
  fill(12);
  ASSERT_TRUE(life_->checkpoint(batches_.back().next, "new"));
  ASSERT_TRUE(life_->close());
  const std::string expected = answers();
  end_process();
  std::vector<std::string> derived;
  for (const std::string& file : node_.disk("/d").files())
    if (!file.ends_with(".log")) derived.push_back(file);
  ASSERT_GE(derived.size(), 4U);
  for (const std::string& file : derived) {
    const std::string good = node_.disk("/d").content(file).value();
    std::vector<std::string> versions{"", good.substr(0, good.size() / 2),
                                      std::string(good.size(), '\0')};
    if (old.contains(file)) versions.push_back(old[file]);
    for (std::size_t version = 0; version <= versions.size(); version++) {
      if (version < versions.size())
        overwrite(file, versions[version]);
      else
        remove(file);
      node_.kill();
      start();
      const auto opened = life_->open();
      ASSERT_TRUE(opened) << file << " version " << version << ": " << to_string(opened.error());
      EXPECT_EQ(answers() == expected, true) << file << " version " << version;
      end_process();
      overwrite(file, good);
      node_.kill();
    }
  }
}

// Only the slot of the last segment that is below it says where the log starts. Had recovery
// removed that one, the next would find segments from 40 on and a start at 0.
TEST_F(Recovery, KeepsWhatAloneTellsWhereTheLogStarts) {
  fill(3);
  ASSERT_TRUE(life_->checkpoint(batches_.back().next));
  fill(17);
  const Offset end = batches_.back().next;
  life_->inside([&] {
    life_->log().set_log_start(end);
    life_->log().request_sync();
  });
  let_it_fall_quiet();
  life_->inside([&] { life_->log().roll(); });
  world_.run_for(std::chrono::milliseconds(100));
  for (int crash = 0; crash < 3; crash++) {
    node_.power_cut();
    life_.reset();
    start();
    const auto opened = life_->open();
    ASSERT_TRUE(opened) << crash << to_string(opened.error());
    EXPECT_EQ(life_->log().log_start(), end);
    EXPECT_EQ(life_->log().readable_end(), end);
  }
}

// A cut that was carried out in memory only before the process ended: what it took away must not
// come back, after a power cut, as what follows the batches that were appended since.
TEST_F(Recovery, WhatACutTookAwayDoesNotComeBack) {
  fill(4);
  const std::string file = last_segment();
  const Offset to = batches_[2].base;
  for (int round = 0; round < 20; round++) {
    const std::uint64_t before = node_.disk("/d").content(file)->size();
    life_->inside([&] { life_->log().truncate(to, [](Result<void>) {}); });
    ASSERT_TRUE(world_.run_until([&] { return node_.disk("/d").content(file)->size() < before; },
                                 std::chrono::seconds(5)));
    end_process();
    start();
    ASSERT_TRUE(life_->open());
    ASSERT_EQ(life_->log().readable_end(), to);
    const ModelBatch added =
        life_->append(make_batch(2, 200, 1000, static_cast<char>('a' + round)), epoch_);
    node_.power_cut();
    life_.reset();
    start();
    ASSERT_TRUE(life_->open());
    if (life_->log().readable_end() > to) {
      EXPECT_EQ(life_->log().readable_end(), added.next) << round;
      EXPECT_EQ(life_->read(to, {added.next, 10'000, true}).value(), added.bytes) << round;
    }
    while (life_->log().readable_end() < batches_[3].next)
      life_->append(make_batch(2, 200, 1000, 'o'), epoch_);
    ASSERT_TRUE(life_->wait_durable(batches_[3].next));
  }
}

}  // namespace
}  // namespace ropewalk::log
