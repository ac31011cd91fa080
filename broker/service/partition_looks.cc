#include "broker/service/partition_looks.h"

#include <algorithm>
#include <utility>

namespace ropewalk::service {

PartitionLooks::PartitionLooks(env::Core& core, std::size_t count)
    : slots_(count), all_answered_(core), some_moved_(core) {
  all_answered_.set();
}

void PartitionLooks::ask(const std::shared_ptr<replication::Partition>& partition,
                         replication::Look look) {
  if (look.index >= slots_.size()) slots_.resize(look.index + 1);
  unwatch(look.index);
  Slot& slot = slots_[look.index];
  slot.partition = partition;
  slot.watched = look.watch;
  if (owed_++ == 0) all_answered_.reset();
  partition->look(shared_from_this(), look);
}

Task<Result<void>> PartitionLooks::answered() {
  const auto keep = shared_from_this();
  while (owed_ > 0) CO_TRY_VOID(co_await all_answered_.wait());
  co_return Result<void>{};
}

Task<Result<void>> PartitionLooks::moved_until(env::MonotonicTime deadline) {
  const auto keep = shared_from_this();
  while (moved_.empty()) CO_TRY_VOID(co_await some_moved_.wait_until(deadline));
  co_return Result<void>{};
}

std::vector<std::uint32_t> PartitionLooks::take_moved() {
  some_moved_.reset();
  std::ranges::sort(moved_);
  const auto again = std::ranges::unique(moved_);
  moved_.erase(again.begin(), again.end());
  return std::exchange(moved_, {});
}

void PartitionLooks::unwatch(std::uint32_t index) {
  if (index >= slots_.size() || !std::exchange(slots_[index].watched, false)) return;
  if (const auto partition = slots_[index].partition.lock())
    partition->unwatch(shared_from_this(), index);
}

void PartitionLooks::unwatch() {
  for (std::uint32_t index = 0; index < slots_.size(); index++) unwatch(index);
}

void PartitionLooks::looked(std::uint32_t index, replication::Looked found) {
  Slot& slot = slots_[index];
  if (found.error.code != Errc::none) slot.watched = false;
  slot.found = std::move(found);
  if (--owed_ == 0) all_answered_.set();
}

void PartitionLooks::moved(std::uint32_t index) {
  moved_.push_back(index);
  some_moved_.set();
}

}  // namespace ropewalk::service
