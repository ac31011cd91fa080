#include "broker/tools/verify_partition.h"

#include <gmock/gmock.h>

#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::tools {
namespace {

using log::LogLife;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A log of four segments with three batches of two records each.
class VerifyPartition : public testing::Test {
 protected:
  VerifyPartition() {
    EXPECT_TRUE(life_.open());
    for (int i = 0; i < kBatches; i++) {
      last_ = life_.append(log::make_batch(2, 200, 1000 + i), LeaderEpoch(4));
      EXPECT_TRUE(life_.wait_durable(last_.next));
    }
    EXPECT_TRUE(life_.checkpoint(Offset(2)));
    world_.run_for(std::chrono::seconds(5));
  }
  ~VerifyPartition() override { node_.kill(); }

  PartitionLook verify(Owner owner = Owner::killed) {
    PartitionPlace place;
    place.folder = LogLife::kFolder;
    place.partition = log::kOrders;
    place.had_data = true;
    place.owner = owner;
    return world_.run(life_.core(), verify_partition(life_.files(), place));
  }
  std::string path_of(std::string name) const {
    return fmt::format("{}/{}", LogLife::kFolder, name);
  }
  std::string segment(std::int64_t base) const {
    return path_of(log::segment_file_name(Offset(base)));
  }
  std::string index(std::int64_t base) const { return path_of(log::index_file_name(Offset(base))); }
  sim::Disk& disk() { return node_.disk("/d"); }
  void remove(const std::string& path) {
    ASSERT_TRUE(world_.run(life_.core(), life_.files().remove(path)));
  }
  void resize(const std::string& path, std::uint64_t size) {
    const auto file =
        world_.run(life_.core(), life_.files().open(path, env::OpenMode::read_write)).value();
    ASSERT_TRUE(world_.run(life_.core(), file->truncate(size)));
  }
  std::uint64_t size_of(const std::string& path) { return disk().content(path)->size(); }

  static log::LogOptions options() {
    log::LogOptions options;
    options.segment_bytes = 4096 + 1600;
    options.index_interval_bytes = 500;
    return options;
  }

  static constexpr int kBatches = 12;
  sim::Simulation world_{2};
  sim::Node& node_ = world_.add_node("a");
  LogLife life_{world_, node_, options()};
  log::ModelBatch last_;
};

TEST_F(VerifyPartition, CountsWhatChecks) {
  const PartitionLook look = verify();
  EXPECT_THAT(look.findings.problems, IsEmpty());
  EXPECT_THAT(look.findings.notes, IsEmpty());
  EXPECT_EQ(look.findings.segments, 4U);
  EXPECT_EQ(look.findings.batches, 12U);
  EXPECT_EQ(look.findings.records, 24U);
  EXPECT_EQ(look.findings.bytes, 12 * last_.bytes.size());
  EXPECT_EQ(look.end, Offset(24));
}

TEST_F(VerifyPartition, NamesAFlippedByteAndGoesOnBehindIt) {
  const std::uint64_t second = 4096 + last_.bytes.size();
  ASSERT_TRUE(disk().flip_bit(segment(6), second + 70));
  const PartitionLook look = verify();
  EXPECT_THAT(look.findings.problems,
              ElementsAre(fmt::format("{} at {}, offset 8: a checksum that does not match",
                                      segment(6), second)));
  EXPECT_EQ(look.findings.batches, 11U);
  EXPECT_EQ(look.end, Offset(24));
}

TEST_F(VerifyPartition, GoesOnWithTheNextSegmentWhereALengthIsDamaged) {
  ASSERT_TRUE(disk().flip_bit(segment(6), 4096 + batch_at::kBatchLength, 7));
  const PartitionLook look = verify();
  EXPECT_THAT(look.findings.problems, ElementsAre(HasSubstr(segment(6) + " at 4096, offset 6: ")));
  EXPECT_EQ(look.findings.batches, 9U);
}

TEST_F(VerifyPartition, SaysWhichOffsetsAMissingSegmentTookAway) {
  remove(segment(6));
  EXPECT_THAT(verify().findings.problems,
              ElementsAre(segment(12) + " at 0, offset 6: the offsets in front of 12 are missing"));
  remove(segment(0));
  EXPECT_THAT(verify().findings.problems,
              ElementsAre(HasSubstr("the log starts at 0, its first segment at 12")));
}

TEST_F(VerifyPartition, AMissingIndexIsDerivedAndFine) {
  ASSERT_TRUE(disk().content(index(6)));
  remove(index(6));
  const Findings found = verify().findings;
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
}

TEST_F(VerifyPartition, AnIndexThatDoesNotCheckIsMadeAnew) {
  ASSERT_TRUE(disk().flip_bit(index(6), 30));
  const Findings found = verify().findings;
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr(index(6))));
}

TEST_F(VerifyPartition, AnIndexThatChecksButIsWrongIsAProblem) {
  const auto header = log::decode_segment_header(
      as_bytes(*disk().content(segment(6))).first(log::kSegmentHeaderBytes));
  log::OffsetIndex wrong(100);
  wrong.add(1, 4096 + 300, 1003);
  const std::string content =
      log::StoredIndex::encode(header->identity.segment, size_of(segment(6)), Offset(12),
                               wrong.view(), wrong.max_timestamp());
  ASSERT_TRUE(world_.run(life_.core(), env::replace_file(life_.files(), index(6), content)));
  EXPECT_THAT(verify().findings.problems,
              ElementsAre(index(6) + ": entry 0 names position 4396, where no such batch begins"));
}

TEST_F(VerifyPartition, ACutTailBeforeTheRecordedEndIsDamage) {
  resize(segment(18), size_of(segment(18)) - 10);
  EXPECT_THAT(verify().findings.problems,
              ElementsAre(AllOf(HasSubstr(segment(18)), HasSubstr("offset 22: "))));
  resize(segment(18), 4096 + last_.bytes.size());
  EXPECT_THAT(
      verify().findings.problems,
      ElementsAre(segment(18) + ": the log ends at offset 20, and 24 was recorded as durable"));
}

TEST_F(VerifyPartition, ATornTailBehindTheRecordedEndDependsOnWhoWroteIt) {
  resize(segment(18), size_of(segment(18)) + 100);
  const std::string at =
      fmt::format("{} at {}, offset 24: ", segment(18), 4096 + 3 * last_.bytes.size());
  EXPECT_THAT(verify(Owner::killed).findings.problems, IsEmpty());
  EXPECT_THAT(verify(Owner::killed).findings.notes,
              ElementsAre(AllOf(HasSubstr(at), HasSubstr("which the next start cuts"))));
  EXPECT_THAT(verify(Owner::running).findings.problems, IsEmpty());
  EXPECT_THAT(verify(Owner::running).findings.notes,
              ElementsAre(AllOf(HasSubstr(at), HasSubstr("it may be a write under way"))));
  EXPECT_THAT(verify(Owner::stopped_in_order).findings.problems, ElementsAre(HasSubstr(at)));
}

TEST_F(VerifyPartition, ACheckpointThatDoesNotCheckIsAProblem) {
  ASSERT_TRUE(disk().flip_bit(path_of("checkpoint"), 25));
  EXPECT_THAT(verify().findings.problems, ElementsAre(HasSubstr(path_of("checkpoint"))));
}

TEST_F(VerifyPartition, ALogThatHadDataIsNotEmpty) {
  for (const std::int64_t base : {0, 6, 12, 18}) remove(segment(base));
  EXPECT_THAT(verify().findings.problems,
              ElementsAre(HasSubstr("a checkpoint at 2 without segments")));
  remove(path_of("checkpoint"));
  EXPECT_THAT(verify().findings.problems,
              ElementsAre(HasSubstr("it had data, and its files are gone")));
}

}  // namespace
}  // namespace ropewalk::tools
