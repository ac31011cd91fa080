#include "broker/tools/verify_directory.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "broker/log/log_directory.h"
#include "broker/log/replicas_journal.h"
#include "broker/tools/verify_partition.h"
#include "broker/tools/verify_quorum.h"

namespace ropewalk::tools {
namespace {

constexpr std::size_t kSmallFileMax = 64 << 10;
constexpr std::string_view kPartitionsFolder = "partitions";
// How often what does not check is looked at while a broker is at work.
constexpr int kLooks = 3;

// The names in a folder; none when it is not there.
Task<Result<std::vector<std::string>>> names_in(env::FileSystem& files, std::string folder) {
  auto names = co_await files.list(std::move(folder));
  if (!names && names.error().code == Errc::not_found) co_return std::vector<std::string>();
  co_return names;
}

// Where it cannot be told, one may be at work.
Task<bool> broker_runs(env::FileSystem& files) {
  const auto locked = co_await files.is_locked(std::string(log::kLockFile));
  co_return !locked || *locked;
}

// The partition whose folder is partitions/TOPIC/INDEX; none if that is no such folder.
std::optional<TopicPartition> partition_of(std::string_view topic, std::string_view index) {
  const auto id = Uuid::from_hex(topic);
  TopicPartition partition;
  const auto [end, error] =
      std::from_chars(index.data(), index.data() + index.size(), partition.partition);
  if (!id || error != std::errc() || end != index.data() + index.size()) return std::nullopt;
  partition.topic = TopicId(*id);
  return partition;
}

class DirectoryCheck {
 public:
  DirectoryCheck(env::Environment& environment, std::string directory, LineSink out,
                 ProgressSink progress)
      : environment_(environment),
        directory_(std::move(directory)),
        out_(std::move(out)),
        progress_sink_(std::move(progress)) {}

  Task<Result<Findings>> run() {
    CO_TRY(files_, environment_.open_file_system({.root = directory_}));
    CO_TRY(names_, co_await files_->list(""));
    if (!has(log::kMetaFile) && !has(kPartitionsFolder) && !has(kQuorumFolder))
      co_return fail(Errc::not_found, "{} is no data directory", directory_);
    const bool running = co_await broker_runs(*files_);
    owner_ = running ? Owner::running : Owner::killed;
    say(co_await check_small_files());
    CO_TRY(auto partitions, co_await partitions_on_disk());
    JournalContent journal = co_await read_journal();
    for (const auto& [partition, mark] : journal.replicas) partitions.insert(partition);
    const bool quorum = quorum_kept_ || has(kQuorumFolder);
    progress_.partitions_in_all = partitions.size() + (quorum ? 1 : 0);
    for (const TopicPartition partition : partitions) {
      say(co_await check_partition(partition));
      progress_.partitions++;
    }
    if (quorum) say(co_await verify_quorum(*files_, place_of({}, false)));
    out_(fmt::format("{}: {}", directory_, all_.summary()));
    co_return std::move(all_);
  }

 private:
  using JournalContent = log::JournalContent;

  bool has(std::string_view name) const { return std::ranges::find(names_, name) != names_.end(); }

  void say(Findings found) {
    for (const std::string& problem : found.problems) out_(fmt::format("problem: {}", problem));
    for (const std::string& note : found.notes) out_(fmt::format("note: {}", note));
    all_.add(std::move(found));
  }

  Task<Findings> check_small_files() {
    Findings found;
    const auto meta = co_await env::read_file(*files_, std::string(log::kMetaFile), kSmallFileMax);
    const auto decoded = meta ? log::decode_directory_meta(*meta) : fail(meta.error());
    if (decoded)
      quorum_kept_ = decoded->quorum_kept;
    else
      found.problems.push_back(fmt::format("{}: {}", log::kMetaFile, decoded.error()));
    const auto stop =
        co_await env::read_file(*files_, std::string(log::kCleanStopFile), kSmallFileMax);
    if (!stop) co_return found;
    if (const auto marker = log::decode_clean_stop(*stop); !marker)
      found.notes.push_back(
          fmt::format("{}: {}: it proves no clean stop", log::kCleanStopFile, marker.error()));
    else if (owner_ == Owner::killed)
      owner_ = Owner::stopped_in_order;
    co_return found;
  }

  Task<Result<std::set<TopicPartition>>> partitions_on_disk() {
    std::set<TopicPartition> partitions;
    const std::string folder(kPartitionsFolder);
    CO_TRY(const auto topics, co_await names_in(*files_, folder));
    for (const std::string& topic : topics) {
      CO_TRY(const auto indexes, co_await names_in(*files_, fmt::format("{}/{}", folder, topic)));
      for (const std::string& index : indexes)
        if (const auto partition = partition_of(topic, index)) partitions.insert(*partition);
    }
    co_return partitions;
  }

  Task<JournalContent> read_journal() {
    Findings found;
    JournalContent journal;
    const std::string path(log::kReplicasJournalFile);
    const auto bytes = co_await env::read_file(*files_, path, log::kReplicasJournalBytesMax);
    if (bytes) {
      auto decoded = log::decode_replicas_journal(*bytes);
      if (!decoded)
        found.problems.push_back(fmt::format("{}: {}", path, decoded.error()));
      else if (decoded->whole_bytes < bytes->size())
        found.notes.push_back(fmt::format("{} at {}: a torn group, which the next start cuts", path,
                                          decoded->whole_bytes));
      if (decoded) journal = std::move(*decoded);
    } else if (bytes.error().code != Errc::not_found || has(kPartitionsFolder)) {
      found.problems.push_back(bytes.error().context);
    }
    if (!journal_said_) say(std::move(found));
    journal_said_ = true;
    co_return journal;
  }

  PartitionPlace place_of(TopicPartition partition, bool had_data) {
    PartitionPlace place;
    place.folder = log::partition_folder(partition);
    place.partition = partition;
    place.had_data = had_data;
    place.owner = owner_;
    place.on_progress = [this](std::uint64_t bytes) {
      progress_.bytes += bytes;
      if (progress_sink_) progress_sink_(progress_);
    };
    return place;
  }

  // With the journal read anew: a partition may come and go while a broker is at work.
  Task<Findings> check_partition(TopicPartition partition) {
    Findings found;
    for (int look = 0; look < (owner_ == Owner::running ? kLooks : 1); look++) {
      const JournalContent journal = co_await read_journal();
      found = Findings{};
      if (journal.removed.contains(partition)) {
        found.notes.push_back(fmt::format("{}: removed: the next start takes away what is left",
                                          log::partition_folder(partition)));
        co_return found;
      }
      const auto known = journal.replicas.find(partition);
      const bool had_data =
          known != journal.replicas.end() && known->second == log::ReplicaMark::has_data;
      PartitionLook looked = co_await verify_partition(*files_, place_of(partition, had_data));
      found = std::move(looked.findings);
      if (found.problems.empty()) break;
    }
    co_return found;
  }

  env::Environment& environment_;
  const std::string directory_;
  LineSink out_;
  ProgressSink progress_sink_;
  std::unique_ptr<env::FileSystem> files_;
  std::vector<std::string> names_;  // In the directory itself.
  Owner owner_ = Owner::killed;
  bool quorum_kept_ = false;
  bool journal_said_ = false;
  VerifyProgress progress_;
  Findings all_;
};

}  // namespace

Task<Result<Findings>> verify_directory(env::Environment& environment, std::string directory,
                                        LineSink out, ProgressSink progress) {
  DirectoryCheck check(environment, std::move(directory), std::move(out), std::move(progress));
  co_return co_await check.run();
}

}  // namespace ropewalk::tools
