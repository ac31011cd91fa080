// Kills and power cuts at random moments under load, over many seeds: every acknowledged batch is
// there afterwards, once, in order, at its offset, and retries are stored once (R4, R9).
#include <map>

#include <gtest/gtest.h>

#include "tests/unit/broker/replication/replica_rig.h"

namespace ropewalk::replication {
namespace {

constexpr std::size_t kProducers = 3;
constexpr int kLivesPerSeed = 4;

// An idempotent producer with one batch in flight, which it sends again until it is acknowledged.
struct Producer {
  std::int64_t id = 0;
  std::int32_t next_sequence = 0;
  std::map<std::int32_t, Offset> acknowledged;  // By sequence.
  std::shared_ptr<ProduceLog> in_flight;
};

class CrashRun {
 public:
  explicit CrashRun(std::uint64_t seed) : rig_(seed, 2) {
    rig_.segment_bytes = 1 << 20;
    producers_.resize(kProducers);
    for (std::size_t i = 0; i < producers_.size(); i++)
      producers_[i].id = static_cast<std::int64_t>(i);
    rig_.lead(LeaderEpoch(1));
  }

  void run() {
    for (int life = 0; life < kLivesPerSeed; life++) {
      produce_for_a_while();
      for (Producer& producer : producers_) producer.in_flight.reset();
      if (rig_.world.random().chance(0.5))
        rig_.kill();
      else
        rig_.power_cut();
      rig_.restart();
      check();
    }
    ASSERT_GT(acknowledged(), 0u);
  }

  std::size_t acknowledged() const {
    std::size_t count = 0;
    for (const Producer& producer : producers_) count += producer.acknowledged.size();
    return count;
  }

 private:
  void produce_for_a_while() {
    const auto steps = rig_.world.random().below(40);
    for (std::uint64_t step = 0; step < steps; step++) {
      for (Producer& producer : producers_) step_of(producer);
      rig_.world.run_for(std::chrono::microseconds(rig_.world.random().below(3000)));
    }
  }

  void step_of(Producer& producer) {
    if (producer.in_flight && producer.in_flight->answered == 1) {
      const auto& answer = *producer.in_flight->answers[0];
      ASSERT_TRUE(answer) << to_string(answer.error());
      producer.acknowledged[producer.next_sequence] = answer->base_offset;
      producer.next_sequence += 2;
      producer.in_flight.reset();
    }
    if (!producer.in_flight)
      producer.in_flight = rig_.produce({{.records = 2,
                                          .producer = producer.id,
                                          .sequence = producer.next_sequence,
                                          .value_bytes = 1 + rig_.world.random().below(60'000)}});
  }

  void check() {
    std::map<std::pair<std::int64_t, std::int32_t>, Offset> stored;
    Offset next{0};
    for (const BatchHeader& header : rig_.read_all()) {
      ASSERT_EQ(header.base_offset, next);
      next = header.next_offset();
      const auto [at, is_new] = stored.try_emplace(
          {header.producer_id.value(), header.base_sequence}, header.base_offset);
      ASSERT_TRUE(is_new) << "producer " << header.producer_id.value() << " sequence "
                          << header.base_sequence << " is stored twice";
    }
    for (const Producer& producer : producers_) {
      for (const auto& [sequence, offset] : producer.acknowledged) {
        const auto found = stored.find({producer.id, sequence});
        ASSERT_NE(found, stored.end()) << "acknowledged and gone: " << offset.value();
        ASSERT_EQ(found->second, offset);
      }
    }
  }

  ReplicaRig rig_;
  std::vector<Producer> producers_;
};

TEST(PartitionCrash, KeepsEveryAcknowledgedBatchOnce) {
  const std::uint64_t first = sim::seed_from_environment(1);
  std::size_t acknowledged = 0;
  for (std::uint64_t seed = first; seed < first + 25; seed++) {
    SCOPED_TRACE("RW_SEED=" + std::to_string(seed));
    CrashRun run(seed);
    run.run();
    acknowledged += run.acknowledged();
    if (HasFatalFailure()) return;
  }
  RecordProperty("acknowledged", static_cast<int>(acknowledged));
  EXPECT_GT(acknowledged, 500u) << "a run that exercised little proves little";
}

}  // namespace
}  // namespace ropewalk::replication
