#include "broker/data_directories.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/log.h"

namespace ropewalk {
namespace {

// Votes and entries of the metadata log alone: one sync at a time is what it needs.
constexpr std::size_t kQuorumThreads = 2;

// Nothing but what this start itself has put there.
Task<Result<bool>> is_empty(env::FileSystem& files) {
  CO_TRY(const std::vector<std::string> names, co_await files.list(""));
  co_return std::ranges::all_of(names, [](const std::string& name) {
    return name == "lock" || name == "lost+found" || name == "reserve" || name.ends_with(".new");
  });
}

// In the words of the settings. That the directory's own id is known to the cluster is seen later.
Result<void> check_owner(const std::string& root, const log::DirectoryMeta& found,
                         ClusterId cluster, const BrokerSettings& settings) {
  if (found.cluster != cluster)
    return fail(Errc::wrong_owner, "data_dir {} belongs to cluster {}, but {} to cluster {}", root,
                found.cluster, settings.data_dirs.front(), cluster);
  if (found.broker != settings.broker_id)
    return fail(Errc::wrong_owner,
                "data_dir {} belongs to broker {} of cluster {}, but broker_id is {}", root,
                found.broker, cluster, settings.broker_id);
  return {};
}

}  // namespace

Task<Result<std::unique_ptr<DataDirectories>>> DataDirectories::open(env::Environment& environment,
                                                                     BrokerSettings settings) {
  std::unique_ptr<DataDirectories> all(new DataDirectories());
  CO_TRY_VOID(co_await all->open_all(environment, settings));
  co_return all;
}

Task<Result<void>> DataDirectories::open_all(env::Environment& environment,
                                             const BrokerSettings& settings) {
  std::vector<std::optional<log::DirectoryMeta>> metas;
  for (const std::string& root : settings.data_dirs) {
    CO_TRY(auto files,
           environment.open_file_system(
               {.root = root, .threads = static_cast<std::size_t>(settings.sync_threads)}));
    CO_TRY(auto meta, co_await log::LogDirectory::peek(*files));
    if (!meta) {
      CO_TRY(const bool empty, co_await is_empty(*files));
      if (!empty)
        co_return fail(Errc::wrong_owner,
                       "data_dir {} has files but no meta.properties: it is no data directory of "
                       "Ropewalk. Name an "
                       "empty directory, or the one that the broker used before",
                       root);
    }
    files_.push_back(std::move(files));
    metas.push_back(meta);
  }

  const auto used = std::ranges::find_if(metas, [](const auto& meta) { return meta.has_value(); });
  const bool fresh = used == metas.end();
  if (!metas.front() && !fresh) {
    const auto which = static_cast<std::size_t>(used - metas.begin());
    co_return fail(Errc::not_found,
                   "data_dir {} is empty but {} is not: the first directory holds the cluster's "
                   "metadata. Name the "
                   "directories in the order in which they were made",
                   settings.data_dirs.front(), settings.data_dirs[which]);
  }
  if (fresh && (settings.cluster_id || !settings.quorum_voters.empty()))
    co_return fail(Errc::not_found,
                   "data_dir {} is empty, and cluster_id or quorum_voters says that this broker "
                   "belongs to a cluster: "
                   "run 'ropewalkd format' first",
                   settings.data_dirs.front());

  if (fresh) {
    cluster_ = ClusterId(environment.random("cluster id").uuid());
    log_info("{} is empty: making a new cluster {} of this broker alone",
             settings.data_dirs.front(), cluster_);
  } else {
    cluster_ = metas.front()->cluster;
    if (settings.cluster_id && *settings.cluster_id != cluster_)
      co_return fail(Errc::wrong_owner, "data_dir {} belongs to cluster {}, but cluster_id is {}",
                     settings.data_dirs.front(), cluster_, *settings.cluster_id);
    for (std::size_t index = 0; index < metas.size(); index++)
      if (metas[index])
        CO_TRY_VOID(check_owner(settings.data_dirs[index], *metas[index], cluster_, settings));
  }

  const log::DirectoryMeta expected{cluster_, settings.broker_id, DirectoryId()};
  for (std::size_t index = 0; index < files_.size(); index++) {
    // The first directory's reserve also serves the metadata log.
    log::LogDirectoryOptions options{
        .expected = expected,
        .may_format = !metas[index],
        .sync_threads = static_cast<std::size_t>(settings.sync_threads),
        .space = {.reserve_bytes = index == 0 ? 32ULL << 20 : 8ULL << 20,
                  .floor_bytes = static_cast<std::uint64_t>(settings.disk_floor_bytes)},
        .unsynced_bytes_max = static_cast<std::uint64_t>(settings.unsynced_bytes_max)};
    auto directory =
        co_await log::LogDirectory::open(environment, *files_[index], environment.core(0), options);
    if (!directory)
      co_return within(fmt::format("data_dir {}", settings.data_dirs[index]),
                       std::move(directory).error());
    directories_.push_back(std::move(*directory));
  }
  CO_TRY(quorum_files_,
         environment.open_file_system(
             {.root = settings.data_dirs.front() + "/quorum", .threads = kQuorumThreads}));
  // A start that was killed between making the directory and making its quorum has left nothing
  // else.
  quorum_may_format_ = settings.quorum_voters.empty() && replicas().empty() &&
                       !directories_.front()->meta().quorum_kept;
  co_return Result<void>();
}

std::vector<DirectoryId> DataDirectories::ids() const {
  std::vector<DirectoryId> all;
  for (const auto& directory : directories_) all.push_back(directory->meta().directory);
  return all;
}

std::vector<log::LogDirectory*> DataDirectories::logs() const {
  std::vector<log::LogDirectory*> all;
  for (const auto& directory : directories_) all.push_back(directory.get());
  return all;
}

std::vector<TopicPartition> DataDirectories::replicas() const {
  std::vector<TopicPartition> all;
  for (const auto& directory : directories_) {
    for (const auto& [id, mark] : directory->replicas()) all.push_back(id);
  }
  return all;
}

std::optional<BrokerEpoch> DataDirectories::clean_stop_epoch() const {
  const auto& first = directories_.front()->last_clean_stop();
  for (const auto& directory : directories_) {
    if (directory->last_clean_stop() != first) return std::nullopt;
  }
  return first ? std::optional(first->broker_epoch) : std::nullopt;
}

Task<Result<void>> DataDirectories::write_clean_stop(log::CleanStop marker) {
  for (const auto& directory : directories_)
    CO_TRY_VOID(co_await directory->write_clean_stop(marker));
  co_return Result<void>();
}

Task<Result<void>> DataDirectories::remember_quorum() {
  co_return co_await directories_.front()->remember_quorum();
}

Task<void> DataDirectories::close() {
  for (const auto& directory : directories_) co_await directory->close();
}

}  // namespace ropewalk
