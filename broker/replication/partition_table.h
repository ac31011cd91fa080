// The partitions of this broker, found by id on any core.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "broker/metadata/cow_map.h"
#include "broker/replication/partition.h"
#include "common/env/published.h"
#include "common/error.h"
#include "common/uuid.h"

namespace ropewalk {

// Found by CowMap through the key's namespace.
inline std::uint64_t bucket_hash(const TopicPartition& id) {
  return id.topic.bytes[15] + static_cast<std::uint64_t>(id.partition);
}

}  // namespace ropewalk

namespace ropewalk::replication {

// One of both: an open replica, or why there is none.
struct TableEntry {
  std::shared_ptr<Partition> partition;
  std::shared_ptr<const Error> failure;
  bool operator==(const TableEntry&) const = default;
};

// Changed on the home core of the ReplicaManager; a core may see a change a moment after another.
class PartitionTable {
 public:
  explicit PartitionTable(env::Environment& environment)
      : published_(environment, std::make_shared<const Map>()) {}

  // Any core. Errors: leader_not_available (no replica is open here: it may be about to be), or why
  // the replica could not be opened.
  Result<std::shared_ptr<Partition>> find(const TopicPartition& id) const {
    const TableEntry* const entry = published_.get()->find(id);
    if (entry == nullptr)
      return fail(Errc::leader_not_available, "the replica of {} is not open here", id);
    if (entry->failure) return fail(*entry->failure);
    return entry->partition;
  }

  // On the home core.
  void set(const TopicPartition& id, TableEntry entry) {
    auto next = std::make_shared<Map>(*published_.get());
    Map::Editor(*next).set(id, std::move(entry));
    published_.publish(std::move(next));
  }
  // For all of them, told to the cores once.
  void set_failure(const std::vector<TopicPartition>& ids,
                   const std::shared_ptr<const Error>& why) {
    auto next = std::make_shared<Map>(*published_.get());
    Map::Editor editor(*next);
    for (const TopicPartition& id : ids) editor.set(id, {.partition = nullptr, .failure = why});
    published_.publish(std::move(next));
  }
  void erase(const TopicPartition& id) {
    auto next = std::make_shared<Map>(*published_.get());
    Map::Editor(*next).erase(id);
    published_.publish(std::move(next));
  }
  template <class F>
  void for_each(F&& visit) const {
    published_.get()->for_each(std::forward<F>(visit));
  }

 private:
  using Map = metadata::CowMap<TopicPartition, TableEntry>;
  env::Published<Map> published_;
};

}  // namespace ropewalk::replication
