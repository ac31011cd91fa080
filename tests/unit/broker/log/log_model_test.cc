// Random work on a log held against a vector of batches.
#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {
namespace {

class LogModel {
 public:
  explicit LogModel(std::uint64_t seed) : world_(seed), node_(world_.add_node("a")) {
    options_.segment_bytes = 4096 + 2000 + random().below(8000);
    options_.index_interval_bytes = static_cast<std::uint32_t>(1 + random().below(1000));
    options_.sync_appends = random().chance(0.7);
    life_ = std::make_unique<LogLife>(world_, node_, options_);
    EXPECT_TRUE(life_->open());
  }
  ~LogModel() {
    node_.kill();
    life_.reset();
  }

  void step() {
    const std::uint64_t what = random().below(100);
    if (what < 60)
      append();
    else if (what < 85)
      check_read(Offset(static_cast<std::int64_t>(
          random().below(static_cast<std::uint64_t>(end().value()) + 1))));
    else if (what < 88)
      check_timestamp();
    else if (what < 91)
      truncate();
    else if (what < 94)
      advance_start();
    else if (what < 97)
      checkpoint();
    else
      reopen();
  }
  void check_all() {
    for (const ModelBatch& batch : batches_)
      if (batch.next > start_) check_read(batch.base < start_ ? start_ : batch.base);
  }
  std::uint64_t reopens = 0, cuts = 0, removed_segments = 0;

 private:
  env::Random& random() { return world_.random(); }
  Offset end() const { return batches_.empty() ? start_ : batches_.back().next; }
  std::string seed() const { return fmt::format("seed {}", world_.seed()); }

  void append() {
    if (random().chance(0.1)) epoch_ = epoch_.next();
    const auto stamp = static_cast<std::int64_t>(random().below(10000));
    const auto count = static_cast<int>(1 + random().below(4));
    const auto fill = static_cast<char>('a' + random().below(26));
    auto batch =
        make_batch(count, random().below(random().chance(0.05) ? 30000 : 600), stamp, fill);
    batches_.push_back(life_->append(std::move(batch), epoch_, stamp));
    if (random().chance(0.5)) settle();
  }
  void settle() {
    const Offset wanted = end();
    ASSERT_TRUE(world_.run_until([&] { return life_->log().readable_end() >= wanted; },
                                 std::chrono::minutes(1)))
        << seed();
    if (options_.sync_appends) ASSERT_TRUE(life_->wait_durable(wanted)) << seed();
    ASSERT_FALSE(life_->owner().failure) << seed() << life_->owner().failure->context;
  }

  void check_read(Offset from) {
    settle();
    ReadLimits limits{end() - static_cast<std::int64_t>(random().below(5)), random().below(9000),
                      random().chance(0.7)};
    auto got = life_->read(from, limits);
    if (from < start_) {
      ASSERT_EQ(got.error().code, Errc::offset_out_of_range) << seed();
      return;
    }
    ASSERT_TRUE(got) << seed() << " from " << from.value() << ": " << to_string(got.error());
    std::string wanted;
    for (const ModelBatch& batch : batches_) {
      if (batch.next <= from) continue;
      if (batch.next > limits.upper_bound) break;
      if (wanted.size() + batch.bytes.size() > limits.bytes_max &&
          !(wanted.empty() && limits.at_least_one))
        break;
      wanted += batch.bytes;
      if (wanted.size() > limits.bytes_max) break;
    }
    ASSERT_EQ(*got == wanted, true)
        << seed() << " from " << from.value() << " up to " << limits.upper_bound.value() << ", "
        << limits.bytes_max << " bytes: " << got->size() << " instead of " << wanted.size();
    auto chunks = life_->read_chunks(from, limits);
    ASSERT_TRUE(chunks);
    ASSERT_EQ(chunks->bytes, wanted.size());
    Offset next = from;
    std::size_t bytes = 0;
    for (const ModelBatch& batch : batches_)
      if (batch.next > from && bytes < wanted.size()) {
        bytes += batch.bytes.size();
        next = batch.next;
      }
    ASSERT_EQ(chunks->next, next) << seed();
  }

  void check_timestamp() {
    settle();
    const auto wanted = static_cast<std::int64_t>(random().below(11000));
    auto found = world_.run(life_->core(), find_timestamp(life_->log().view(), wanted, end()));
    ASSERT_TRUE(found) << seed();
    for (const ModelBatch& batch : batches_) {
      if (batch.next <= start_ || batch.timestamp < wanted) continue;
      ASSERT_TRUE(*found) << seed();
      ASSERT_EQ((*found)->base, batch.base) << seed();
      return;
    }
    ASSERT_FALSE(*found) << seed();
  }

  void truncate() {
    settle();
    const auto span = static_cast<std::uint64_t>(end() - start_);
    const Offset to =
        end() - static_cast<std::int64_t>(random().below(std::min<std::uint64_t>(span, 12) + 1));
    auto cut = life_->truncate(to);
    ASSERT_TRUE(cut) << seed() << to_string(cut.error());
    while (!batches_.empty() && batches_.back().next > to) batches_.pop_back();
    if (end() < start_) start_ = end();
    ASSERT_EQ(life_->log().readable_end(), end()) << seed();
    ASSERT_EQ(life_->log().next_offset(), end()) << seed();
    cuts++;
  }

  void advance_start() {
    settle();
    const auto span = static_cast<std::uint64_t>(end() - start_);
    start_ += static_cast<std::int64_t>(random().below(span / 2 + 1));
    life_->inside([this] { life_->log().set_log_start(start_); });
  }

  void checkpoint() {
    settle();
    const Offset at = end();
    const std::size_t before = life_->log().view()->segment_count();
    auto stored = life_->checkpoint(at, "state");
    ASSERT_TRUE(stored) << seed() << to_string(stored.error());
    checkpoint_ = at;
    removed_segments += before - life_->log().view()->segment_count();
  }

  void reopen() {
    settle();
    life_->inside([this] { life_->log().set_high_watermark(end()); });
    const bool clean = random().chance(0.5);
    if (clean) {
      auto closed = life_->close();
      ASSERT_TRUE(closed) << seed() << to_string(closed.error());
      ASSERT_EQ(life_->log().durable_end(), end()) << seed();
    } else {
      world_.run_for(std::chrono::seconds(3));  // Quiet: all is recorded.
    }
    const EpochStarts epochs = life_->log().epochs();
    node_.kill();
    life_.reset();
    life_ = std::make_unique<LogLife>(world_, node_, options_);
    auto opened = life_->open();
    ASSERT_TRUE(opened) << seed() << to_string(opened.error());
    ASSERT_EQ(life_->log().readable_end(), end()) << seed() << life_->report.notes;
    ASSERT_EQ(life_->log().log_start(), start_) << seed();
    ASSERT_FALSE(life_->report.cut_tail) << seed() << life_->report.notes;
    ASSERT_EQ(life_->log().epochs() == epochs, true) << seed();
    reopens++;
  }

  sim::Simulation world_;
  sim::Node& node_;
  LogOptions options_;
  std::unique_ptr<LogLife> life_;
  std::vector<ModelBatch> batches_;
  Offset start_;
  Offset checkpoint_;
  LeaderEpoch epoch_{1};
};

TEST(LogModel, ReadsBackWhatTheVectorHolds) {
  std::uint64_t reopens = 0, cuts = 0, removed = 0;
  for (std::uint64_t seed = 1; seed <= 60; seed++) {
    LogModel model(seed);
    for (int i = 0; i < 150 && !testing::Test::HasFailure(); i++) model.step();
    if (!testing::Test::HasFailure()) model.check_all();
    if (testing::Test::HasFailure()) break;
    reopens += model.reopens;
    cuts += model.cuts;
    removed += model.removed_segments;
  }
  EXPECT_GT(reopens, 0U);
  EXPECT_GT(cuts, 0U);
  EXPECT_GT(removed, 0U);
}

}  // namespace
}  // namespace ropewalk::log
