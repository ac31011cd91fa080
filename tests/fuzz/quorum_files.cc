// What a voter keeps: its state, its snapshots, and the control batches of the quorum.
#include "broker/log/checked_file.h"
#include "broker/quorum/raft/control_batches.h"
#include "broker/quorum/snapshot_file.h"
#include "broker/quorum/state_file.h"
#include "common/records/crc32c.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kChunkHeadBytes = 9;  // Length, checksum, kind.

// Makes the checksums of a snapshot's chunks right.
std::string mended_snapshot(std::string_view content) {
  std::string text = "RWQSNAP1" + std::string(content);
  auto* const begin = reinterpret_cast<std::byte*>(text.data());
  for (std::size_t at = kMagicBytes; text.size() - at >= kChunkHeadBytes;) {
    const std::size_t length = load_be<std::uint32_t>(begin + at);
    if (length > text.size() - at - kChunkHeadBytes) break;
    store_be(begin + at + 4, crc32c(ByteSpan(begin + at + 8, length + 1)));
    at += kChunkHeadBytes + length;
  }
  return text;
}

void use_snapshot(std::string content) {
  auto snapshot = quorum::Snapshot::open(std::move(content));
  if (!snapshot) return;
  std::ignore = quorum::snapshot_index(quorum::snapshot_name(snapshot->last_offset()));
  while (snapshot->next_chunk()) {
  }
}

quorum::Voters voters() {
  quorum::Voter voter;
  voter.id = BrokerId(1);
  voter.directory.bytes.fill(4);
  voter.endpoint = {"a", 9193};
  return {voter};
}

}  // namespace

std::vector<Seed> seeds() {
  quorum::HardState state;
  state.cluster.bytes.fill(1);
  state.directory.bytes.fill(2);
  state.node = BrokerId(1);
  state.term = Term(3);
  quorum::SnapshotBuilder builder({Offset(9), Term(3), voters()});
  builder.add_chunk("one");
  builder.add_chunk("two");
  const std::string snapshot = std::move(builder).finish();
  const std::string zero(1, '\0');
  return {{"state", zero + quorum::encode(state)},
          {"state_sealed",
           "\x01" + log::open_content("RWQSTATE", 1, quorum::encode(state)).value().content},
          {"snapshot", zero + snapshot},
          {"snapshot_mended", "\x02" + snapshot.substr(kMagicBytes)},
          {"voters", zero + quorum::encode_voters(voters())},
          {"voters_batch", "\x03" + std::string(quorum::voters_batch(voters(), 5).text())},
          {"term_start", "\x03" + std::string(quorum::term_start_batch(BrokerId(1), 5).text())}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const int mend = input.byte() % 4;
  const std::string_view rest = input.rest();
  const std::string state = mend == 1 ? log::seal_content("RWQSTATE", 1, rest) : std::string(rest);
  if (const auto read = quorum::decode_hard_state(state)) {
    const auto again = quorum::decode_hard_state(quorum::encode(*read));
    ENSURE(again && *again == *read, "what was read is another when stored");
  }
  use_snapshot(mend == 2 ? mended_snapshot(rest) : std::string(rest));
  std::ignore = quorum::snapshot_index(rest);
  if (const auto read = quorum::decode_voters(rest))
    ENSURE(quorum::decode_voters(quorum::encode_voters(*read)).has_value(), "voters");
  const std::string batch = mend == 3 ? with_right_checksums(rest) : std::string(rest);
  std::ignore = quorum::voters_in(as_bytes(batch));
  return 0;
}
