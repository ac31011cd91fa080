// The quorum's files as bytes: what is written is read back, what is damaged is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/quorum/raft/control_batches.h"
#include "broker/quorum/snapshot_file.h"
#include "broker/quorum/state_file.h"
#include "common/records/batch_header.h"
#include "tests/support/ids.h"

namespace ropewalk::quorum {
namespace {

SnapshotMeta meta() {
  return {Offset(42), Term(3), {{BrokerId(1), id_of<DirectoryId>(5), {"localhost", 9193}}}};
}

std::string snapshot_bytes() {
  SnapshotBuilder builder(meta());
  builder.add_chunk("first");
  builder.add_chunk("second");
  return std::move(builder).finish();
}

TEST(HardState, ReadsBackWhatItWrote) {
  const HardState state{id_of<ClusterId>(1), BrokerId(7), id_of<DirectoryId>(2), Term(9),
                        BrokerId(7)};
  EXPECT_EQ(decode_hard_state(encode(state)).value(), state);
}

TEST(HardState, RefusesEveryWrongBit) {
  const std::string good = encode(HardState{id_of<ClusterId>(1), BrokerId(7), {}, Term(9), {}});
  for (std::size_t i = 0; i < good.size() * 8; i++) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(decode_hard_state(bad)) << "bit " << i;
  }
  for (std::size_t length = 0; length < good.size(); length++)
    EXPECT_FALSE(decode_hard_state(good.substr(0, length)));
}

TEST(Snapshot, ReadsBackWhatItWrote) {
  auto snapshot = Snapshot::open(snapshot_bytes());
  ASSERT_TRUE(snapshot) << to_string(snapshot.error());
  EXPECT_EQ(snapshot->meta(), meta());
  EXPECT_EQ(as_text(*snapshot->next_chunk()), "first");
  EXPECT_EQ(as_text(*snapshot->next_chunk()), "second");
  EXPECT_FALSE(snapshot->next_chunk());
}

TEST(Snapshot, RefusesEveryWrongBitAndEveryCut) {
  const std::string good = snapshot_bytes();
  for (std::size_t i = 0; i < good.size() * 8; i++) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(Snapshot::open(bad)) << "bit " << i;
  }
  for (std::size_t length = 0; length < good.size(); length++)
    EXPECT_FALSE(Snapshot::open(good.substr(0, length))) << length;
  EXPECT_FALSE(Snapshot::open(good + "x"));
}

TEST(Snapshot, NamesSortAndReadBack) {
  EXPECT_EQ(snapshot_name(Offset(42)), "00000000000000000042.snapshot");
  EXPECT_EQ(snapshot_index("00000000000000000042.snapshot"), Offset(42));
  for (const char* other : {"42.snapshot", "state", "0000000000000000004x.snapshot",
                            "00000000000000000042.snapshot.new"})
    EXPECT_EQ(snapshot_index(other), std::nullopt) << other;
}

TEST(ControlBatches, VotersAreAPureFunction) {
  const auto batch = voters_batch(meta().voters, 0);
  const auto again = voters_batch(meta().voters, 0);
  EXPECT_EQ(batch.text(), again.text());
  EXPECT_TRUE(BatchHeader::parse(batch.span())->is_control());
  auto read = voters_in(batch.span());
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->value(), meta().voters);
  auto other = voters_in(term_start_batch(BrokerId(1), 5).span());
  ASSERT_TRUE(other) << to_string(other.error());
  EXPECT_FALSE(other->has_value());
}

}  // namespace
}  // namespace ropewalk::quorum
