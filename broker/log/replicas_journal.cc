#include "broker/log/replicas_journal.h"

#include <algorithm>
#include <optional>

#include "broker/log/checked_file.h"
#include "broker/log/partition_files.h"
#include "common/records/crc32c.h"

namespace ropewalk::log {
namespace {

constexpr std::string_view kJournalMagic = "RWREPLIC";
constexpr std::uint32_t kJournalVersion = 1;
// topic 16 | partition 4 | mark 1 | zero 3 | group 4 | crc32c of those 28
constexpr std::size_t kJournalEntryBytes = 32;
constexpr std::size_t kJournalCrcAt = 28;

struct JournalEntry {
  TopicPartition partition;
  ReplicaMark mark{};
  std::uint32_t group = 0;
};

std::string encode_entry(const JournalEntry& entry) {
  std::string bytes(kJournalEntryBytes, '\0');
  auto* at = reinterpret_cast<std::byte*>(bytes.data());
  std::memcpy(at, entry.partition.topic.bytes.data(), Uuid::kSize);
  store_be(at + 16, entry.partition.partition);
  store_be(at + 20, static_cast<std::uint8_t>(entry.mark));
  store_be(at + 24, entry.group);
  store_be(at + kJournalCrcAt, crc32c(as_bytes(bytes).first(kJournalCrcAt)));
  return bytes;
}

std::optional<JournalEntry> decode_entry(std::string_view bytes) {
  if (bytes.size() < kJournalEntryBytes) return std::nullopt;
  const std::byte* at = as_bytes(bytes).data();
  if (load_be<std::uint32_t>(at + kJournalCrcAt) != crc32c(as_bytes(bytes).first(kJournalCrcAt)))
    return std::nullopt;
  const auto number = load_be<std::uint8_t>(at + 20);
  if (number < 1 || number > 3) return std::nullopt;
  JournalEntry entry;
  std::memcpy(entry.partition.topic.bytes.data(), at, Uuid::kSize);
  entry.partition.partition = load_be<std::int32_t>(at + 16);
  entry.mark = static_cast<ReplicaMark>(number);
  entry.group = load_be<std::uint32_t>(at + 24);
  return entry;
}

// Whether what begins with a bad entry can be one group whose sync never ended: a power cut keeps
// any subset of its sectors.
bool may_be_torn_group(std::string_view bytes) {
  std::optional<std::uint32_t> group;
  for (std::size_t at = kJournalEntryBytes; at < bytes.size(); at += kJournalEntryBytes) {
    const auto entry = decode_entry(bytes.substr(at));
    if (!entry) continue;
    if (entry->group == 0 || (group && *group != entry->group)) return false;
    group = entry->group;
  }
  return true;
}

void apply_mark(std::map<TopicPartition, ReplicaMark>& replicas, TopicPartition partition,
                ReplicaMark mark) {
  if (mark == ReplicaMark::removed)
    replicas.erase(partition);
  else
    replicas[partition] = mark;
}

}  // namespace

// The file begins with an empty checked envelope; entries follow it, each with its own checksum.
Result<JournalContent> decode_replicas_journal(std::string_view bytes) {
  const std::size_t file_bytes = bytes.size();
  const std::string head = seal_content(kJournalMagic, kJournalVersion, "");
  TRY_VOID(open_content(kJournalMagic, kJournalVersion, bytes.substr(0, head.size())));
  bytes.remove_prefix(head.size());
  JournalContent content;
  while (!bytes.empty()) {
    const auto entry = decode_entry(bytes);
    if (!entry) {
      if (may_be_torn_group(bytes)) break;
      return fail(Errc::corrupt, "{}: an entry {} bytes before the end does not check",
                  kReplicasJournalFile, bytes.size());
    }
    apply_mark(content.replicas, entry->partition, entry->mark);
    if (entry->mark == ReplicaMark::removed)
      content.removed.insert(entry->partition);
    else
      content.removed.erase(entry->partition);
    content.last_group = std::max(content.last_group, entry->group);
    bytes.remove_prefix(kJournalEntryBytes);
  }
  content.whole_bytes = file_bytes - bytes.size();
  return content;
}

Task<Result<std::unique_ptr<ReplicasJournal>>> ReplicasJournal::open(env::FileSystem& files,
                                                                     env::Core& core) {
  std::unique_ptr<ReplicasJournal> journal(new ReplicasJournal(core));
  const std::string path(kReplicasJournalFile);
  auto bytes = co_await env::read_file(files, path, kReplicasJournalBytesMax);
  if (!bytes && bytes.error().code != Errc::not_found)
    co_return std::unexpected(std::move(bytes).error());
  JournalContent found;
  if (bytes) {
    auto decoded = decode_replicas_journal(*bytes);
    if (!decoded) co_return within(path, std::move(decoded).error());
    found = std::move(*decoded);
  }
  // Before they are forgotten: a crash may have come between the mark and the last unlink.
  for (const TopicPartition partition : found.removed)
    CO_TRY_VOID(co_await remove_partition_files(files, partition));
  journal->replicas_ = std::move(found.replicas);
  std::string content = seal_content(kJournalMagic, kJournalVersion, "");
  for (const auto& [partition, mark] : journal->replicas_)
    content += encode_entry({partition, mark, 0});
  journal->end_ = content.size();
  auto replaced = co_await env::replace_file(files, path, std::move(content));
  if (!replaced && (!bytes || replaced.error().code != Errc::disk_full))
    co_return std::unexpected(std::move(replaced).error());
  CO_TRY(journal->file_, co_await files.open(path, env::OpenMode::read_write));
  if (!replaced) {  // A full disk: the old file does as well, it is only longer.
    journal->end_ = found.whole_bytes;
    journal->group_ = found.last_group;
    CO_TRY_VOID(co_await journal->file_->truncate(journal->end_));
    CO_TRY_VOID(co_await journal->file_->sync());
  }
  co_return journal;
}

Task<Result<void>> ReplicasJournal::mark(TopicPartition partition, ReplicaMark mark) {
  waiting_.push_back({partition, mark});
  apply_mark(replicas_, partition, mark);
  const std::uint64_t mine = ++asked_;
  while (written_ < mine && outcome_) {
    if (writing_) {
      CO_TRY_VOID(co_await turn_ended_.wait());
      continue;
    }
    writing_ = true;
    turn_ended_.reset();
    const std::uint64_t covers = asked_;
    auto written = co_await write_waiting();
    writing_ = false;
    turn_ended_.set();
    if (written)
      written_ = covers;
    else if (written.error().code == Errc::disk_full)
      co_return written;
    else
      outcome_ = std::move(written);
  }
  co_return outcome_;
}

bool ReplicasJournal::owes_mark(TopicPartition partition) const {
  return std::ranges::find(waiting_, partition, &Entry::partition) != waiting_.end();
}

Task<Result<void>> ReplicasJournal::write_waiting() {
  const std::size_t count = waiting_.size();
  std::string entries;
  group_++;
  for (const Entry& entry : waiting_)
    entries += encode_entry({entry.partition, entry.mark, group_});
  const ByteSpan piece = as_bytes(entries);
  // A write that fell short is overwritten by the next, which is longer.
  CO_TRY_VOID(file_->write_at(end_, std::span(&piece, 1)));
  CO_TRY_VOID(co_await file_->sync());
  end_ += entries.size();
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  co_return Result<void>();
}

}  // namespace ropewalk::log
