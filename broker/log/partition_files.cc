#include "broker/log/partition_files.h"

#include <fmt/format.h>

#include "broker/log/segment_files.h"

namespace ropewalk::log {
namespace {

// The names in a folder; none when it is not there.
Task<Result<std::vector<std::string>>> list_if_there(env::FileSystem& files, std::string folder) {
  auto names = co_await files.list(std::move(folder));
  if (!names && names.error().code == Errc::not_found) co_return std::vector<std::string>();
  co_return names;
}

}  // namespace

std::string partition_folder(TopicPartition partition) {
  return fmt::format("partitions/{}/{}", partition.topic.to_hex(), partition.partition);
}

Task<Result<void>> remove_partition_files(env::FileSystem& files, TopicPartition partition) {
  const std::string folder = partition_folder(partition);
  const std::string topic = folder.substr(0, folder.rfind('/'));
  auto in_topic = co_await files.list(topic);
  if (!in_topic && in_topic.error().code == Errc::not_found) co_return Result<void>();
  if (!in_topic) co_return std::unexpected(std::move(in_topic).error());
  CO_TRY(const auto names, co_await list_if_there(files, folder));
  for (const std::string& name : names)
    CO_TRY_VOID(co_await remove_if_there(files, fmt::format("{}/{}", folder, name)));
  CO_TRY_VOID(co_await remove_if_there(files, folder));
  // Another partition of the topic may be removed at the same time, and then its folder too.
  const auto synced = co_await files.sync_directory(topic);
  if (!synced && synced.error().code != Errc::not_found) co_return synced;
  CO_TRY(const auto others, co_await list_if_there(files, topic));
  if (!others.empty()) co_return Result<void>();
  // And one that is still there may store its first file just now.
  const auto removed = co_await remove_if_there(files, topic);
  if (!removed && removed.error().code == Errc::not_empty) co_return Result<void>();
  if (!removed) co_return removed;
  co_return co_await files.sync_directory("partitions");
}

}  // namespace ropewalk::log
