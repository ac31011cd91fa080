// The disk of one replica: what it has written, and what of that a crash leaves.
//
// Writes reach the disk in order; those that were not synced survive a crash up to a random one of
// them. One thread.
#pragma once

#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "broker/quorum/raft/raft_core.h"
#include "common/env/random.h"

namespace ropewalk::quorum::hostile {

// What is on it: what RaftCore starts from.
struct Image {
  HardState state;
  SnapshotInfo snapshot;
  std::deque<Entry> entries;  // Behind the snapshot.

  LogEnd end() const;
  // Of an entry that is there, or of the snapshot's end.
  std::optional<Term> term_at(Offset index) const;
};

class Disk {
 public:
  explicit Disk(Image image) : durable_(image), written_(std::move(image)) {}

  const Image& durable() const { return durable_; }
  const Image& written() const { return written_; }

  // In the order of Ready.
  void write(const HardState& state) { add(state); }
  void install(const SnapshotInfo& snapshot) { add(Write(snapshot)); }
  void write(const Entry& entry) { add(entry); }  // Cuts what is at and behind it.
  void sync();
  // A snapshot of what is durable and applied; it was written and synced beside the others.
  void shorten(const SnapshotInfo& snapshot);
  // Returns how many writes are lost, of how many.
  struct Loss {
    std::size_t lost = 0;
    std::size_t outstanding = 0;
  };
  Loss crash(env::Random& random);

 private:
  using Write = std::variant<HardState, SnapshotInfo, Entry>;
  void add(Write write);
  static void apply(Image& image, const Write& write);

  Image durable_;
  Image written_;
  std::vector<Write> outstanding_;
};

}  // namespace ropewalk::quorum::hostile
