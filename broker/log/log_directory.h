// One data directory: whose it is, which partitions it has, and the way to their logs.
//
//   lock, meta.properties, clean-stop, reserve, replicas, partitions/<topic hex>/<index>/
//
// Opened once, at the start, on its home core; all functions are called there. Owns the syncer and
// the background tasks of its logs; close() ends them, after all PartitionLogs were closed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/log/directory_metrics.h"
#include "broker/log/directory_syncer.h"
#include "broker/log/partition_files.h"
#include "broker/log/partition_log.h"
#include "broker/log/replicas_journal.h"
#include "broker/log/space_guard.h"
#include "broker/log/unsynced_bytes.h"
#include "common/env/environment.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::log {

inline constexpr std::string_view kMetaFile = "meta.properties";
inline constexpr std::string_view kCleanStopFile = "clean-stop";
inline constexpr std::string_view kLockFile = "lock";

// `meta.properties`.
struct DirectoryMeta {
  ClusterId cluster;
  BrokerId broker;
  DirectoryId directory;
  bool quorum_kept = false;  // The folder `quorum/` beside it has held a quorum's state.
  bool operator==(const DirectoryMeta&) const = default;
};
std::string encode(const DirectoryMeta& meta);
// Errors: corrupt, unsupported_version.
Result<DirectoryMeta> decode_directory_meta(std::string_view text);

// `clean-stop`.
struct CleanStop {
  IncarnationId incarnation;
  BrokerEpoch broker_epoch;
  bool operator==(const CleanStop&) const = default;
};
std::string encode(const CleanStop& marker);
Result<CleanStop> decode_clean_stop(std::string_view bytes);

struct LogDirectoryOptions {
  // What meta.properties must say; a directory id that is none accepts any. A directory without the
  // file is formatted with this (a new directory id is drawn) when `may_format`.
  DirectoryMeta expected;
  bool may_format = false;
  std::size_t sync_threads = 16;
  SpaceLimits space = {};
  std::uint64_t unsynced_bytes_max = std::uint64_t{1} << 30;
};

class LogDirectory {
 public:
  // `files` outlives it. Errors: wrong_owner (locked by a living process, or another broker's or
  // cluster's: names both), not_found (no meta.properties and it may not be formatted), corrupt.
  static Task<Result<std::unique_ptr<LogDirectory>>> open(env::Environment& environment,
                                                          env::FileSystem& files, env::Core& home,
                                                          LogDirectoryOptions options);
  // Takes the lock and reads meta.properties, without needing to know what it should say. None:
  // there is no such file. Tools and start-up look first with this.
  static Task<Result<std::optional<DirectoryMeta>>> peek(env::FileSystem& files);

  const DirectoryMeta& meta() const { return meta_; }
  // What the last incarnation left when it stopped in order. Removed from the disk already.
  const std::optional<CleanStop>& last_clean_stop() const { return clean_stop_; }
  const std::map<TopicPartition, ReplicaMark>& replicas() const { return journal_->replicas(); }
  env::FileSystem& files() { return files_; }
  HomeTasks& tasks() { return *tasks_; }
  DirectorySyncer& syncer() { return *syncer_; }
  SpaceGuard& space() { return *space_; }
  UnsyncedBytes& unsynced() { return *unsynced_; }
  // A write or a sync failed here: the directory takes part in nothing any more until the broker
  // starts again (R11). The first time counts. Any core.
  void disk_failed(Error error);
  // Why, if it has; on the home core.
  const std::optional<Error>& failure() const { return failure_; }
  // Called once then, on the home core. Set before the first log is opened.
  void on_failure(std::function<void(const Error&)> told) { on_failure_ = std::move(told); }

  // Its space, its replicas, and what is counted of their logs.
  void show(telemetry::Page& page) const;
  // Of one that could not even be opened.
  static void show_lost(telemetry::Page& page, const std::string& name);

  // Recovers the partition's log, or enters it into the journal when it is new. `options` need no
  // folder and no partition. Errors: damaged_replica (it had data and its files are gone), corrupt,
  // io_error (also: the directory has failed).
  Task<Result<RecoveryReport>> open_partition(TopicPartition partition, RecoveryOptions options);
  // What a PartitionLog of this directory needs. `enter` as in LogPlace.
  LogPlace place_of(TopicPartition partition, std::function<void(env::Job)> enter);
  // Writes *removed*, then unlinks; what a crash leaves of it goes at the next open(). The log must
  // be closed. Fine when it is not there.
  Task<Result<void>> remove_partition(TopicPartition partition);
  // Renames a damaged replica's files aside (`<file>.damaged`, in the folder) and forgets that it
  // had data. What was set aside before is removed.
  Task<Result<void>> set_aside(TopicPartition partition);
  // Removes what was set aside, if there is anything: the replica is whole again.
  Task<Result<void>> discard_aside(TopicPartition partition);

  // Remembers in meta.properties that there is a quorum's state here, which then must not be lost.
  // A full disk is given the reserve.
  Task<Result<void>> remember_quorum();

  // Writes the marker when all logs here are closed and synced. A full disk is given the reserve.
  Task<Result<void>> write_clean_stop(CleanStop marker);
  // Ends the background work. Pre: all PartitionLogs were closed.
  Task<void> close();

 private:
  LogDirectory(env::Environment& environment, env::FileSystem& files)
      : environment_(environment), files_(files), metrics_(environment) {}
  Task<Result<void>> take(LogDirectoryOptions options, env::Core& home);
  Task<Result<void>> take_clean_stop();
  // These two give a full disk the reserve, once.
  Task<Result<void>> replace(std::string_view path, std::string content);
  Task<Result<void>> mark(TopicPartition partition, ReplicaMark mark);
  void fail_here(const Error& error);

  env::Environment& environment_;
  env::FileSystem& files_;
  DirectoryMetrics metrics_;
  DirectoryMeta meta_;
  std::optional<CleanStop> clean_stop_;
  std::optional<Error> failure_;
  std::function<void(const Error&)> on_failure_;
  std::unique_ptr<SpaceGuard> space_;
  std::unique_ptr<UnsyncedBytes> unsynced_;
  std::unique_ptr<ReplicasJournal> journal_;
  std::unique_ptr<HomeTasks> tasks_;
  std::unique_ptr<DirectorySyncer> syncer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // For jobs on their way here.
};

}  // namespace ropewalk::log
