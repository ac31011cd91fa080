#include "tests/sim/log/traced_run.h"

#include <algorithm>
#include <utility>

#include "tests/sim/log/directory_life.h"

namespace ropewalk::log {
namespace {

using Life = PartitionModel::Life;
using Marker = DirectoryModel::Marker;

constexpr int kLives = 3;
constexpr std::uint64_t kOperationsOfALife = 24;

class Run {
 public:
  explicit Run(std::uint64_t seed) : world_(seed), node_(world_.add_node("a")) {
    node_.disk(kRoot).record(
        [this](sim::DiskStep step) { traced_.steps.push_back(std::move(step)); });
    note();
  }
  ~Run() { end_process(); }

  TracedRun take() {
    for (int life = 0; life < kLives && !failed(); life++) live();
    end_process();
    node_.disk(kRoot).record({});
    return std::move(traced_);
  }

 private:
  static bool failed() { return testing::Test::HasFailure(); }
  env::Random& random() { return world_.random(); }
  std::uint64_t below(std::uint64_t bound) { return random().below(bound); }
  PartitionModel& model(TopicPartition partition) { return model_.partitions.at(partition); }
  void note() { traced_.models.emplace_back(traced_.steps.size(), model_); }
  void did(const char* what) { traced_.did[what]++; }

  void end_process() {
    node_.kill();
    life_.reset();
  }

  void live() {
    life_ = std::make_unique<DirectoryLife>(world_, node_);
    open_all();
    for (std::uint64_t i = 0; i < kOperationsOfALife && !failed(); i++) operate();
    if (failed()) return;
    if (random().chance(0.5)) {
      stop_cleanly();
    } else {
      if (random().chance(0.7)) truncate(living().front(), false);  // Killed in the middle.
      world_.run_for(std::chrono::microseconds(below(5000)));
    }
    did("lives");
    end_process();
  }

  void open_all() {
    if (model_.clean_stop == Marker::there) model_.clean_stop = Marker::perhaps;
    note();
    const auto opened = life_->open(!model_.formatted);
    ASSERT_TRUE(opened) << to_string(opened.error());
    model_.formatted = true;
    model_.clean_stop = Marker::absent;
    for (auto& [partition, its] : model_.partitions)
      if (its.life == Life::removing) its.life = Life::removed;
    note();
    for (const auto& [partition, its] : model_.partitions)
      if (its.life == Life::there) open_again(partition);
    while (living().size() < 3) make_one();
  }

  std::vector<TopicPartition> living() const {
    std::vector<TopicPartition> all;
    for (const auto& [partition, its] : model_.partitions)
      if (its.life == Life::there) all.push_back(partition);
    return all;
  }

  LogOptions some_options() {
    LogOptions options;
    options.segment_bytes = 4096 + 500 + below(9000);
    options.index_interval_bytes = static_cast<std::uint32_t>(256 + below(2000));
    options.quiet_after = std::chrono::milliseconds(1 + below(50));
    options.sync_appends = random().chance(0.7);
    return options;
  }

  std::function<void(Offset)> told(TopicPartition partition) {
    return [this, partition](Offset durable) {
      if (cutting_.contains(partition)) return;
      model(partition).durable = std::max(model(partition).durable, durable);
      note();
    };
  }

  void make_one() {
    const Uuid topic = random().uuid();
    const TopicPartition partition{TopicId(topic), static_cast<std::int32_t>(made_++ % 3)};
    model_.partitions[partition] = {};
    note();
    const auto opened = life_->open_partition(partition, some_options(), told(partition));
    ASSERT_TRUE(opened) << to_string(opened.error());
    model(partition).life = Life::there;
    note();
    did("made");
  }

  // A process that was killed left all that it wrote; what it was doing may or may not have been
  // done.
  void open_again(TopicPartition partition) {
    const auto opened = life_->open_partition(partition, some_options(), told(partition));
    ASSERT_TRUE(opened) << to_string(opened.error());
    PartitionModel& its = model(partition);
    const PartitionLog& log = life_->log(partition);
    std::erase_if(its.batches, [&](const auto& batch) { return batch->next > log.readable_end(); });
    its.durable = log.durable_end();
    its.start_most = log.log_start();
    cutting_.erase(partition);
    note();
  }

  void operate() {
    const auto all = living();
    const TopicPartition partition = all[below(all.size())];
    const std::uint64_t what = below(100);
    if (what < 54)
      append(partition);
    else if (what < 61)
      world_.run_for(std::chrono::microseconds(below(8000)));
    else if (what < 72)
      truncate(partition, random().chance(0.7));
    else if (what < 81)
      checkpoint(partition);
    else if (what < 88)
      advance_start(partition);
    else if (what < 92)
      roll(partition);
    else if (what < 98)
      change_settings(partition);
    else
      remove(partition);
  }

  void append(TopicPartition partition) {
    if (cutting_.contains(partition)) return;
    if (random().chance(0.1)) epoch_ = epoch_.next();
    const auto fill = static_cast<char>('a' + below(26));
    const auto batch = make_batch(static_cast<int>(1 + below(3)), below(1200), 1000, fill);
    life_->inside(partition, [&](PartitionLog& log) {
      auto stamped = StampedBatch::stamp(batch, log.next_offset(), epoch_).value();
      model(partition).batches.push_back(std::make_shared<const ModelBatch>(
          stamped.base_offset(), stamped.next_offset(), epoch_, 1000, stamped_text(stamped)));
      note();
      log.append(std::move(stamped));
    });
    did("appended");
  }

  void truncate(TopicPartition partition, bool may_end) {
    if (cutting_.contains(partition)) return;
    // Written first, so that what is cut away is known.
    PartitionLog& log = life_->log(partition);
    world_.run_until([&] { return log.readable_end() == log.next_offset(); },
                     std::chrono::seconds(5));
    PartitionModel& its = model(partition);
    const auto span = static_cast<std::uint64_t>(log.readable_end() - log.log_start());
    if (span == 0) return;
    const Offset to =
        log.readable_end() - static_cast<std::int64_t>(1 + below(std::min(span, 9UL)));
    const auto first =
        std::ranges::find_if(its.batches, [to](const auto& batch) { return batch->next > to; });
    const Offset end = (*first)->base;
    cutting_[partition]++;
    its.durable = std::min(its.durable, end);
    its.start_least = std::min(its.start_least, end);
    note();
    life_->inside(partition, [this, partition, to, end](PartitionLog& inside) {
      inside.truncate(to, [this, partition, end](Result<void> outcome) {
        ASSERT_TRUE(outcome) << to_string(outcome.error());
        PartitionModel& cut = model(partition);
        std::erase_if(cut.batches, [end](const auto& batch) { return batch->next > end; });
        cut.durable = life_->log(partition).durable_end();
        cut.start_most = std::min(cut.start_most, end);
        cutting_.erase(partition);
        note();
        did("truncated");
      });
    });
    if (may_end)
      world_.run_until([&] { return !cutting_.contains(partition); }, std::chrono::seconds(5));
  }

  void checkpoint(TopicPartition partition) {
    if (cutting_.contains(partition)) return;
    life_->inside(partition, [this, partition](PartitionLog& log) {
      const Offset start = log.log_start();
      log.set_high_watermark(log.readable_end());
      log.checkpoint(log.readable_end(), "state", [this, partition, start](Result<void> outcome) {
        if (!outcome) return;
        did("checkpoints");
        // A cut that was asked for meanwhile may take the start back.
        if (cutting_.contains(partition)) return;
        PartitionModel& its = model(partition);
        its.start_least = std::max(its.start_least, std::min(start, its.start_most));
        note();
      });
    });
  }

  void advance_start(TopicPartition partition) {
    if (cutting_.contains(partition)) return;
    life_->inside(partition, [this, partition](PartitionLog& log) {
      const auto span = log.durable_end() - log.log_start();
      if (span <= 0) return;
      const bool all = random().chance(0.2);
      const Offset start = all ? log.durable_end()
                               : log.log_start() + static_cast<std::int64_t>(
                                                       below(static_cast<std::uint64_t>(span) + 1));
      model(partition).start_most = std::max(model(partition).start_most, start);
      note();
      log.set_log_start(start);
      if (all) log.roll();
      did("advanced");
    });
    if (random().chance(0.6)) checkpoint(partition);
  }

  void roll(TopicPartition partition) {
    if (cutting_.contains(partition)) return;
    life_->inside(partition, [](PartitionLog& log) { log.roll(); });
    did("rolled");
  }

  void change_settings(TopicPartition partition) {
    const LogOptions options = some_options();
    life_->inside(partition, [options](PartitionLog& log) { log.set_options(options); });
    did("settings");
  }

  void remove(TopicPartition partition) {
    if (cutting_.contains(partition)) return;
    const auto closed = life_->close(partition);
    ASSERT_TRUE(closed) << to_string(closed.error());
    model(partition).life = Life::removing;
    note();
    const auto removed = world_.run(life_->core(), life_->directory().remove_partition(partition));
    ASSERT_TRUE(removed) << to_string(removed.error());
    model(partition).life = Life::removed;
    note();
    did("removed");
    make_one();
  }

  void stop_cleanly() {
    world_.run_until([this] { return cutting_.empty(); }, std::chrono::seconds(5));
    model_.clean_stop = Marker::perhaps;
    for (const TopicPartition partition : living()) {
      const auto closed = life_->close(partition);
      ASSERT_TRUE(closed) << to_string(closed.error());
      model(partition).durable = life_->log(partition).readable_end();
      note();
    }
    const auto stopped = life_->leave_marker();
    ASSERT_TRUE(stopped) << to_string(stopped.error());
    model_.clean_stop = Marker::there;
    note();
    did("clean stops");
  }

  sim::Simulation world_;
  sim::Node& node_;
  TracedRun traced_;
  DirectoryModel model_;
  std::unique_ptr<DirectoryLife> life_;
  std::map<TopicPartition, int> cutting_;  // A truncation has been asked for and has not ended.
  LeaderEpoch epoch_{1};
  int made_ = 0;
};

}  // namespace

const DirectoryModel& TracedRun::model_after(std::size_t step_count) const {
  const auto behind =
      std::ranges::upper_bound(models, step_count, {}, [](const auto& each) { return each.first; });
  return std::prev(behind)->second;
}

TracedRun run_traced(std::uint64_t seed) { return Run(seed).take(); }

}  // namespace ropewalk::log
