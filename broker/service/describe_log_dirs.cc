#include "broker/service/describe_log_dirs.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/replication/replica_manager.h"
#include "broker/security/authorizer.h"
#include "common/env/environment.h"
#include "common/env/event.h"

namespace ropewalk::service {
namespace {

struct Replica {
  StoredReplica stored;
  DirectoryId directory;
  std::shared_ptr<replication::Partition> partition;
};

// Those that are open here.
std::vector<Replica> replicas_here(const Parts& parts, const metadata::Image& image) {
  std::vector<Replica> here;
  image.topics().for_each([&](const TopicId& id, const metadata::TopicPtr& topic) {
    for (const metadata::PartitionPtr& state : topic->partitions) {
      const auto found = std::ranges::find(state->replicas, parts.self);
      if (found == state->replicas.end()) continue;
      const auto place = static_cast<std::size_t>(found - state->replicas.begin());
      auto partition = parts.replicas.find({id, state->index.value()});
      if (!partition) continue;
      here.push_back({.stored = {.topic = topic->name, .partition = state->index.value()},
                      .directory = state->directories[place],
                      .partition = std::move(*partition)});
    }
  });
  std::ranges::sort(here, {}, [](const Replica& replica) {
    return std::tie(replica.stored.topic, replica.stored.partition);
  });
  return here;
}

// What the partitions answer, on the core of the request.
struct Sizes {
  Sizes(env::Core& core, std::size_t count) : bytes(count), owed(count), complete(core) {}
  std::vector<std::uint64_t> bytes;
  std::size_t owed;
  env::Event complete;
};

Task<Result<void>> measure(const Parts& parts, std::vector<Replica>& replicas,
                           env::MonotonicTime deadline) {
  if (replicas.empty()) co_return Result<void>();
  auto sizes = std::make_shared<Sizes>(parts.environment.current_core(), replicas.size());
  for (std::size_t i = 0; i < replicas.size(); i++) {
    auto told = [sizes, i](std::uint64_t bytes) {
      sizes->bytes[i] = bytes;
      if (--sizes->owed == 0) sizes->complete.set();
    };
    replicas[i].partition->measure(std::move(told));
  }
  CO_TRY_VOID(co_await sizes->complete.wait_until(deadline));
  for (std::size_t i = 0; i < replicas.size(); i++) replicas[i].stored.bytes = sizes->bytes[i];
  co_return Result<void>();
}

LogDirDescription describe(const replication::DirectoryState& state) {
  LogDirDescription described;
  described.path = state.path;
  if (state.failure) {
    described.error = {Errc::kafka_storage_error, state.failure->context};
  } else {
    described.total_bytes = state.space.total_bytes;
    described.usable_bytes = state.space.free_bytes;
  }
  return described;
}

}  // namespace

Task<Result<std::vector<LogDirDescription>>> DescribeLogDirs::handle(
    security::RequestContext context) {
  const security::Access access{.operation = security::Operation::describe,
                                .resource_type = security::ResourceType::cluster,
                                .resource = {}};
  CO_TRY_VOID(parts_.authorizer.authorize(context, access));
  std::vector<Replica> replicas = replicas_here(parts_, *parts_.metadata.get());
  CO_TRY_VOID(co_await measure(parts_, replicas, context.deadline));
  const auto directories = co_await parts_.replicas.directories();
  std::vector<LogDirDescription> described;
  std::map<DirectoryId, std::size_t> places;
  for (const replication::DirectoryState& state : directories) {
    places[state.id] = described.size();
    described.push_back(describe(state));
  }
  for (Replica& replica : replicas) {
    const auto place = places.find(replica.directory);
    if (place == places.end()) continue;
    LogDirDescription& directory = described[place->second];
    if (directory.error.code == Errc::none) directory.replicas.push_back(std::move(replica.stored));
  }
  co_return described;
}

}  // namespace ropewalk::service
