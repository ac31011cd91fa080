// `quorum/<last index, 20 digits>.snapshot`: the state after one entry, in checksummed chunks.
//
//   magic "RWQSNAP1" | chunk: header | chunks of the state machine | chunk: footer
//   chunk: length u32 | crc32c(kind, content) u32 | kind u8 | content        (big-endian)
//
// Written beside the old one, synced, renamed; the old one goes afterwards. Without its footer a
// file is no snapshot. Header and footer: proto/ropewalk/internal/quorum.proto.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/quorum/metadata_quorum.h"
#include "broker/quorum/raft/control_batches.h"
#include "common/env/file.h"

namespace ropewalk::quorum {

struct SnapshotMeta {
  Offset last_index;
  Term last_term;
  Voters voters;
  bool operator==(const SnapshotMeta&) const = default;
};

// Collects a snapshot in memory: it is made in one go, so that it is of one moment.
class SnapshotBuilder final : public SnapshotWriter {
 public:
  explicit SnapshotBuilder(const SnapshotMeta& meta);
  void add_chunk(std::string_view chunk) override;
  std::string finish() &&;  // The file's content.

 private:
  std::string content_;
  std::int64_t chunks_ = 0;
  std::int64_t bytes_ = 0;
};

// A whole file that has been checked.
class Snapshot final : public SnapshotReader {
 public:
  // Errors: corrupt (with what is wrong), unsupported_version.
  static Result<Snapshot> open(std::string content);

  const SnapshotMeta& meta() const { return meta_; }
  Offset last_offset() const override { return meta_.last_index; }
  std::optional<ByteSpan> next_chunk() override;

 private:
  std::string content_;
  SnapshotMeta meta_;
  std::vector<std::pair<std::size_t, std::size_t>> chunks_;  // Position and length.
  std::size_t next_ = 0;
};

std::string snapshot_name(Offset last_index);
// The index in the name, or none if the file is no snapshot.
std::optional<Offset> snapshot_index(std::string_view name);

// The newest; none if there is none. Errors: corrupt (an older one would not do: the log that leads
// on from it may be gone), io_error.
Task<Result<std::optional<Snapshot>>> load_newest_snapshot(env::FileSystem& files);
// Stores it, then removes the older ones.
Task<Result<void>> store_snapshot(env::FileSystem& files, Offset last_index, std::string content);

}  // namespace ropewalk::quorum
