#include "broker/log/log_directory.h"

#include "broker/log/disk_failure.h"
#include "broker/log/partition_files.h"
#include "common/log.h"

namespace ropewalk::log {
namespace {

constexpr std::string_view kAsideSuffix = ".damaged";
constexpr std::size_t kSmallFileMax = 64 << 10;

constexpr telemetry::Family kReplicas{"ropewalk_data_dir_replicas",
                                      "Replicas of partitions whose files are in a directory."};

constexpr telemetry::Family kOffline{
    "ropewalk_data_dir_offline",
    "Whether a data directory has failed: its replicas serve no more until the broker starts "
    "again."};

Result<void> check_owner(const env::FileSystem& files, const DirectoryMeta& found,
                         const DirectoryMeta& expected) {
  if (found.cluster == expected.cluster && found.broker == expected.broker &&
      (expected.directory.is_none() || found.directory == expected.directory))
    return {};
  return fail(Errc::wrong_owner,
              "{} belongs to broker {} of cluster {} (directory {}), this is broker {} of cluster "
              "{} (directory {})",
              files.name(), found.broker, found.cluster, found.directory, expected.broker,
              expected.cluster, expected.directory);
}

Task<Result<std::optional<DirectoryMeta>>> read_meta(env::FileSystem& files) {
  auto text = co_await env::read_file(files, std::string(kMetaFile), kSmallFileMax);
  if (!text && text.error().code == Errc::not_found) co_return std::optional<DirectoryMeta>();
  if (!text) co_return std::unexpected(std::move(text).error());
  auto meta = decode_directory_meta(*text);
  if (!meta) co_return within(files.name(), std::move(meta).error());
  co_return std::optional<DirectoryMeta>(*meta);
}

}  // namespace

Task<Result<std::optional<DirectoryMeta>>> LogDirectory::peek(env::FileSystem& files) {
  CO_TRY_VOID(co_await files.lock(std::string(kLockFile)));
  co_return co_await read_meta(files);
}

Task<Result<std::unique_ptr<LogDirectory>>> LogDirectory::open(env::Environment& environment,
                                                               env::FileSystem& files,
                                                               env::Core& home,
                                                               LogDirectoryOptions options) {
  std::unique_ptr<LogDirectory> directory(new LogDirectory(environment, files));
  CO_TRY_VOID(co_await directory->take(options, home));
  co_return directory;
}

Task<Result<void>> LogDirectory::take(LogDirectoryOptions options, env::Core& home) {
  CO_TRY_VOID(co_await files_.lock(std::string(kLockFile)));
  CO_TRY(const auto found, co_await read_meta(files_));
  if (found) {
    CO_TRY_VOID(check_owner(files_, *found, options.expected));
    meta_ = *found;
  } else {
    if (!options.may_format)
      co_return fail(Errc::not_found, "{} has no {}", files_.name(), kMetaFile);
    meta_ = options.expected;
    if (meta_.directory.is_none()) {
      const std::string stream = "directory " + files_.name();
      meta_.directory = DirectoryId(environment_.random(stream).uuid());
    }
    CO_TRY_VOID(co_await env::replace_file(files_, std::string(kMetaFile), encode(meta_)));
  }
  CO_TRY_VOID(co_await take_clean_stop());
  space_ = std::make_unique<SpaceGuard>(files_, options.space);
  unsynced_ =
      std::make_unique<UnsyncedBytes>(environment_, files_.name(), options.unsynced_bytes_max);
  CO_TRY_VOID(co_await space_->start());
  CO_TRY(journal_, co_await ReplicasJournal::open(files_, home));
  tasks_ = std::make_unique<HomeTasks>(home);
  syncer_ = std::make_unique<DirectorySyncer>(environment_, files_, *tasks_, metrics_,
                                              options.sync_threads);
  tasks_->spawn("watch the free space", space_->watch(environment_, home));
  co_return Result<void>();
}

Task<Result<void>> LogDirectory::take_clean_stop() {
  const std::string path(kCleanStopFile);
  auto bytes = co_await env::read_file(files_, path, kSmallFileMax);
  if (!bytes && bytes.error().code == Errc::not_found) co_return Result<void>();
  if (!bytes && bytes.error().code != Errc::budget_exceeded)
    co_return std::unexpected(std::move(bytes).error());
  // One that does not check proves no clean stop, and is none.
  if (bytes)
    if (auto marker = decode_clean_stop(*bytes)) clean_stop_ = *marker;
  CO_TRY_VOID(co_await files_.remove(path));
  co_return co_await files_.sync_directory("");
}

Task<Result<void>> LogDirectory::mark(TopicPartition partition, ReplicaMark mark) {
  if (failure_) co_return fail(*failure_);
  auto marked = co_await journal_->mark(partition, mark);
  if (!marked && marked.error().code == Errc::disk_full) {
    CO_TRY_VOID(co_await space_->release_reserve());
    marked = co_await journal_->mark(partition, mark);
  }
  if (!marked && is_disk_failure(marked.error().code)) fail_here(marked.error());
  co_return marked;
}

void LogDirectory::disk_failed(Error error) {
  tasks_->core().post([this, alive = std::weak_ptr<bool>(alive_), error = std::move(error)] {
    if (!alive.expired()) fail_here(error);
  });
}

void LogDirectory::fail_here(const Error& error) {
  if (failure_) return;
  failure_ =
      Error{error.code, fmt::format("data_dir {} has failed: {}", files_.name(), error.context)};
  log_error(
      "{}; its {} replicas serve no more, and it gets no new ones until the broker starts again",
      failure_->context, replicas().size());
  if (on_failure_) on_failure_(*failure_);
}

Task<Result<RecoveryReport>> LogDirectory::open_partition(TopicPartition partition,
                                                          RecoveryOptions options) {
  if (failure_) co_return std::unexpected(*failure_);
  options.partition = partition;
  options.folder = partition_folder(partition);
  options.after_clean_stop = clean_stop_.has_value();
  const auto known = journal_->replicas().find(partition);
  const bool had_data =
      known != journal_->replicas().end() && known->second == ReplicaMark::has_data;
  const bool is_new = known == journal_->replicas().end();
  CO_TRY(auto report, co_await recover(files_, std::move(options)));
  if (had_data && !report.had_files)
    co_return fail(Errc::damaged_replica, "{}/{}: {} had data, and its files are gone",
                   files_.name(), partition_folder(partition), partition);
  if (report.had_files && !had_data) {
    CO_TRY_VOID(co_await mark(partition, ReplicaMark::has_data));
  } else if (is_new) {
    CO_TRY_VOID(co_await mark(partition, ReplicaMark::created));
  }
  co_return report;
}

LogPlace LogDirectory::place_of(TopicPartition partition, std::function<void(env::Job)> enter) {
  return LogPlace{environment_,
                  files_,
                  *tasks_,
                  *syncer_,
                  metrics_,
                  *unsynced_,
                  partition_folder(partition),
                  partition,
                  std::move(enter),
                  [this](const Error& error) { disk_failed(error); },
                  [this, partition] { return mark(partition, ReplicaMark::has_data); }};
}

Task<Result<void>> LogDirectory::remove_partition(TopicPartition partition) {
  // Also when a full disk refused the mark before: no file may go that the journal says is there.
  if (journal_->replicas().contains(partition) || journal_->owes_mark(partition))
    CO_TRY_VOID(co_await mark(partition, ReplicaMark::removed));
  co_return co_await remove_partition_files(files_, partition);
}

Task<Result<void>> LogDirectory::set_aside(TopicPartition partition) {
  const std::string folder = partition_folder(partition);
  auto names = co_await files_.list(folder);
  if (!names && names.error().code != Errc::not_found)
    co_return std::unexpected(std::move(names).error());
  // First, so that a crash in the middle finds a partition whose files say that it has data.
  CO_TRY_VOID(co_await mark(partition, ReplicaMark::created));
  if (!names) co_return Result<void>();
  for (const std::string& name : *names) {
    if (name.ends_with(kAsideSuffix)) continue;
    const std::string path = fmt::format("{}/{}", folder, name);
    CO_TRY_VOID(co_await files_.rename(path, fmt::format("{}{}", path, kAsideSuffix)));
  }
  co_return co_await files_.sync_directory(folder);
}

Task<Result<void>> LogDirectory::discard_aside(TopicPartition partition) {
  const std::string folder = partition_folder(partition);
  const auto names = co_await files_.list(folder);
  if (!names && names.error().code == Errc::not_found) co_return Result<void>();
  if (!names) co_return std::unexpected(names.error());
  for (const std::string& name : *names)
    if (name.ends_with(kAsideSuffix))
      CO_TRY_VOID(co_await files_.remove(fmt::format("{}/{}", folder, name)));
  co_return Result<void>();
}

Task<Result<void>> LogDirectory::replace(std::string_view path, std::string content) {
  auto replaced = co_await env::replace_file(files_, std::string(path), content);
  if (replaced || replaced.error().code != Errc::disk_full) co_return replaced;
  CO_TRY_VOID(co_await space_->release_reserve());
  co_return co_await env::replace_file(files_, std::string(path), std::move(content));
}

Task<Result<void>> LogDirectory::remember_quorum() {
  if (meta_.quorum_kept) co_return Result<void>();
  DirectoryMeta meta = meta_;
  meta.quorum_kept = true;
  CO_TRY_VOID(co_await replace(kMetaFile, encode(meta)));
  meta_ = meta;
  co_return Result<void>();
}

Task<Result<void>> LogDirectory::write_clean_stop(CleanStop marker) {
  co_return co_await replace(kCleanStopFile, encode(marker));
}

void LogDirectory::show(telemetry::Page& page) const {
  const std::string name = files_.name();
  page.gauge(kOffline, {{"data_dir", name}}, failure_.has_value());
  page.gauge(kReplicas, {{"data_dir", name}}, std::uint64_t{replicas().size()});
  space_->show(page);
  unsynced_->show(page);
  metrics_.show(page, name);
}

void LogDirectory::show_lost(telemetry::Page& page, const std::string& name) {
  page.gauge(kOffline, {{"data_dir", name}}, true);
}

Task<void> LogDirectory::close() { co_await tasks_->stop(); }

}  // namespace ropewalk::log
