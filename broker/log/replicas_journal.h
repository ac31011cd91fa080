// `<data>/replicas`: which partitions this directory has, and which of them had data (storage.md).
//
// A replica that had data and whose files are gone is damage, never new (R12). Entries are appended
// and synced, many with one sync; the file is written anew, compactly, when it is opened. Lives on
// one core; one writer at a time is seen to here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/env/core.h"
#include "common/env/event.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/uuid.h"

namespace ropewalk::log {

enum class ReplicaMark : std::uint8_t { created = 1, has_data = 2, removed = 3 };

inline constexpr std::string_view kReplicasJournalFile = "replicas";
inline constexpr std::size_t kReplicasJournalBytesMax = std::size_t{1} << 28;

struct JournalContent {
  std::map<TopicPartition, ReplicaMark> replicas;
  std::set<TopicPartition> removed;
  std::size_t whole_bytes = 0;  // Without the group at the end that a power cut tore.
  std::uint32_t last_group = 0;
};
// Errors: corrupt, unsupported_version.
Result<JournalContent> decode_replicas_journal(std::string_view bytes);

class ReplicasJournal {
 public:
  // Reads or makes the file. What does not check in the group that was written last is torn and
  // dropped with what follows it; elsewhere it is Errc::corrupt. Files of removed replicas that are
  // still there go. `core` is the one that all calls come from.
  static Task<Result<std::unique_ptr<ReplicasJournal>>> open(env::FileSystem& files,
                                                             env::Core& core);

  // Durable when it returns. Shares its sync with others that come meanwhile. Errors: disk_full
  // (may be asked again), io_error (for ever).
  Task<Result<void>> mark(TopicPartition partition, ReplicaMark mark);

  // Without the removed ones. A mark counts here as soon as it was asked for.
  const std::map<TopicPartition, ReplicaMark>& replicas() const { return replicas_; }
  // A full disk has not taken its last mark yet.
  bool owes_mark(TopicPartition partition) const;

 private:
  explicit ReplicasJournal(env::Core& core) : turn_ended_(core) {}
  struct Entry {
    TopicPartition partition;
    ReplicaMark mark{};
  };
  Task<Result<void>> write_waiting();

  env::FilePtr file_;
  std::uint64_t end_ = 0;
  std::map<TopicPartition, ReplicaMark> replicas_;
  std::vector<Entry> waiting_;
  std::uint64_t asked_ = 0;  // Marks asked for, and how many of them are durable.
  std::uint64_t written_ = 0;
  std::uint32_t group_ = 0;  // Written together; numbered from 1, 0 being the compact start.
  bool writing_ = false;
  Result<void> outcome_;  // Once failed, for ever.
  env::Event turn_ended_;
};

}  // namespace ropewalk::log
