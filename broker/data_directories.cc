#include "broker/data_directories.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "broker/log/disk_failure.h"
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

Task<Result<DataDirectories::Found>> DataDirectories::look_at(env::Environment& environment,
                                                              std::string root,
                                                              std::size_t sync_threads) {
  Found found{std::move(root), nullptr, std::nullopt};
  CO_TRY(found.files, environment.open_file_system({.root = found.root, .threads = sync_threads}));
  CO_TRY(found.meta, co_await log::LogDirectory::peek(*found.files));
  if (found.meta) co_return found;
  CO_TRY(const bool empty, co_await is_empty(*found.files));
  if (!empty)
    co_return fail(Errc::wrong_owner,
                   "data_dir {} has files but no meta.properties: it is no data directory of "
                   "Ropewalk. Name an empty directory, or the one that the broker used before",
                   found.root);
  co_return found;
}

Result<void> DataDirectories::go_without(const std::string& root, Error error) {
  if (!log::is_disk_failure(error.code)) return fail(std::move(error));
  log_error(
      "data_dir {} cannot be used, and this broker goes on without it: {}. Its replicas are not "
      "served until the broker starts again and finds it",
      root, error);
  lost_.push_back({root, std::move(error)});
  return {};
}

Task<Result<void>> DataDirectories::look_at_all(env::Environment& environment,
                                                const BrokerSettings& settings) {
  for (const std::string& root : settings.data_dirs) {
    auto look = look_at(environment, root, static_cast<std::size_t>(settings.sync_threads));
    auto found = co_await std::move(look);
    if (found)
      found_.push_back(std::move(*found));
    else if (found_.empty())
      co_return std::unexpected(std::move(found).error());
    else
      CO_TRY_VOID(go_without(root, std::move(found).error()));
  }
  co_return Result<void>();
}

Result<void> DataDirectories::choose_cluster(env::Environment& environment,
                                             const BrokerSettings& settings) {
  const std::string& first = settings.data_dirs.front();
  const auto used =
      std::ranges::find_if(found_, [](const Found& found) { return found.meta.has_value(); });
  fresh_ = used == found_.end();
  if (!found_.front().meta && !fresh_)
    return fail(Errc::not_found,
                "data_dir {} is empty but {} is not: the first directory holds the cluster's "
                "metadata. Name the directories in the order in which they were made",
                first, used->root);
  if (!fresh_) {
    cluster_ = found_.front().meta->cluster;
    if (settings.cluster_id && *settings.cluster_id != cluster_)
      return fail(Errc::wrong_owner, "data_dir {} belongs to cluster {}, but cluster_id is {}",
                  first, cluster_, *settings.cluster_id);
    for (const Found& found : found_)
      if (found.meta) TRY_VOID(check_owner(found.root, *found.meta, cluster_, settings));
    return {};
  }
  if (settings.cluster_id || !settings.quorum_voters.empty())
    return fail(Errc::not_found,
                "data_dir {} is empty, and cluster_id or quorum_voters says that this broker "
                "belongs to a cluster: run 'ropewalkd format' with the same settings first",
                first);
  // What cannot be read may be what another cluster left.
  if (!lost_.empty())
    return fail(lost_.front().error.code,
                "data_dir {} is empty, and {} cannot be seen to be: {}. A new cluster is made of "
                "empty directories only",
                first, lost_.front().root, lost_.front().error.context);
  cluster_ = ClusterId(environment.random("cluster id").uuid());
  log_info("{} is empty: making a new cluster {} of this broker alone", first, cluster_);
  return {};
}

Task<Result<void>> DataDirectories::take(env::Environment& environment, Found found,
                                         const BrokerSettings& settings) {
  const bool is_first = directories_.empty();
  // The first directory's reserve also serves the metadata log.
  log::LogDirectoryOptions options{
      .expected = {cluster_, settings.broker_id, DirectoryId()},
      .may_format = !found.meta,
      .sync_threads = static_cast<std::size_t>(settings.sync_threads),
      .space = {.reserve_bytes = is_first ? 32ULL << 20 : 8ULL << 20,
                .floor_bytes = static_cast<std::uint64_t>(settings.disk_floor_bytes)},
      .unsynced_bytes_max = static_cast<std::uint64_t>(settings.unsynced_bytes_max)};
  auto directory =
      co_await log::LogDirectory::open(environment, *found.files, environment.core(0), options);
  if (!directory) {
    Error error =
        within(fmt::format("data_dir {}", found.root), std::move(directory).error()).error();
    if (is_first || fresh_) co_return std::unexpected(std::move(error));
    co_return go_without(found.root, std::move(error));
  }
  roots_.push_back(std::move(found.root));
  files_.push_back(std::move(found.files));
  directories_.push_back(std::move(*directory));
  co_return Result<void>();
}

Task<Result<void>> DataDirectories::open_all(env::Environment& environment,
                                             const BrokerSettings& settings) {
  CO_TRY_VOID(co_await look_at_all(environment, settings));
  CO_TRY_VOID(choose_cluster(environment, settings));
  for (Found& found : std::exchange(found_, {}))
    CO_TRY_VOID(co_await take(environment, std::move(found), settings));
  CO_TRY_VOID(check_each_is_once());
  CO_TRY(quorum_files_,
         environment.open_file_system(
             {.root = settings.data_dirs.front() + "/quorum", .threads = kQuorumThreads}));
  // A start that was killed between making the directory and making its quorum has left nothing
  // else.
  quorum_may_format_ = settings.quorum_voters.empty() && replicas().empty() && lost_.empty() &&
                       !directories_.front()->meta().quorum_kept;
  co_return Result<void>();
}

// A directory was away, and its replicas got another one meanwhile: which of the two is older is
// not for us to guess.
Result<void> DataDirectories::check_each_is_once() const {
  std::map<TopicPartition, std::size_t> holders;
  for (std::size_t i = 0; i < directories_.size(); i++) {
    for (const auto& [id, mark] : directories_[i]->replicas()) {
      const auto [at, is_new] = holders.emplace(id, i);
      if (is_new) continue;
      return fail(Errc::wrong_owner,
                  "data_dir {} and data_dir {} both hold {}: one of them was away while the other "
                  "got a copy of its own. Take the one that was away out of data_dir, or empty it",
                  roots_[at->second], roots_[i], id);
    }
  }
  return {};
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
