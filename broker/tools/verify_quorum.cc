#include "broker/tools/verify_quorum.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/record_codec.h"
#include "broker/quorum/raft_quorum.h"
#include "broker/quorum/snapshot_file.h"
#include "broker/quorum/state_file.h"

namespace ropewalk::tools {
namespace {

constexpr std::size_t kStateBytesMax = 64 << 10;
constexpr std::size_t kSnapshotBytesMax = std::size_t{2} << 30;

std::string path_of(std::string_view name) { return fmt::format("{}/{}", kQuorumFolder, name); }

Result<void> check_entry(const BatchHeader& header, ByteSpan batch) {
  if (header.is_control()) {
    TRY_VOID(quorum::voters_in(batch));
    return {};
  }
  TRY_VOID(metadata::decode_entry(batch));
  return {};
}

// The term that the quorum is in; none if there is no state yet.
Task<Result<std::optional<Term>>> check_state(env::FileSystem& files) {
  const std::string path = path_of(quorum::kStateFile);
  auto bytes = co_await env::read_file(files, path, kStateBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) co_return std::optional<Term>();
  if (!bytes) co_return fail(std::move(bytes).error());
  auto state = quorum::decode_hard_state(*bytes);
  if (!state) co_return within(path, std::move(state).error());
  co_return std::optional(state->term);
}

Task<Result<void>> check_snapshot(env::FileSystem& files, std::string path) {
  CO_TRY(auto content, co_await env::read_file(files, path, kSnapshotBytesMax));
  auto snapshot = quorum::Snapshot::open(std::move(content));
  if (!snapshot) co_return within(path, std::move(snapshot).error());
  while (const auto chunk = snapshot->next_chunk()) {
    auto records = metadata::decode_records(as_text(*chunk));
    if (!records) co_return within(path, std::move(records).error());
  }
  co_return Result<void>();
}

// Checks all of them. The last entry that one covers; 0 if there are none.
Task<Offset> check_snapshots(env::FileSystem& files, Findings& findings) {
  Offset last(0);
  const auto names = co_await files.list(std::string(kQuorumFolder));
  if (!names) {
    findings.problems.push_back(names.error().context);
    co_return last;
  }
  for (const std::string& name : *names) {
    const auto index = quorum::snapshot_index(name);
    if (!index) continue;
    const auto checked = co_await check_snapshot(files, path_of(name));
    if (!checked) findings.problems.push_back(checked.error().context);
    last = std::max(last, *index);
  }
  co_return last;
}

// What state, log and snapshots say must fit together (raft_quorum_start.cc). A log that ends
// before the snapshot is fine: that was fetched from a leader.
void compare(const Result<std::optional<Term>>& state, Offset snapshot, const PartitionLook& log,
             Findings& findings) {
  const std::string folder = path_of(quorum::kQuorumLogFolder);
  if (log.start > snapshot + 1)
    findings.problems.push_back(
        fmt::format("{}: it has the entries from {} up to {}, the snapshots end with {}: some are "
                    "missing",
                    folder, log.start, log.end - 1, snapshot));
  if (!state) {
    findings.problems.push_back(state.error().context);
  } else if (!*state && log.end > Offset(2)) {
    findings.problems.push_back(fmt::format("{}: it is missing, though there are entries up to {}",
                                            path_of(quorum::kStateFile), log.end - 1));
  } else if (*state && log.last_epoch.value() > (*state)->value()) {
    findings.problems.push_back(fmt::format("{}: it says term {}, the log has term {}",
                                            path_of(quorum::kStateFile), **state, log.last_epoch));
  }
}

}  // namespace

Task<Findings> verify_quorum(env::FileSystem& files, PartitionPlace place) {
  place.folder = path_of(quorum::kQuorumLogFolder);
  place.partition = {quorum::kMetadataTopic, 0};
  place.first_offset = 1;
  place.also = check_entry;
  Findings findings;
  // The log last: it leads on from the state and from the snapshots while a broker is at work, too.
  const auto state = co_await check_state(files);
  const Offset snapshot = co_await check_snapshots(files, findings);
  PartitionLook log = co_await verify_partition(files, std::move(place));
  compare(state, snapshot, log, findings);
  findings.add(std::move(log.findings));
  co_return findings;
}

}  // namespace ropewalk::tools
