#include "broker/service/await_opening.h"

#include <algorithm>
#include <chrono>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "common/env/environment.h"

namespace ropewalk::service {
namespace {

// Making a partition's folder and its files takes a few syncs. Nobody is woken for it: topics are
// made rarely.
constexpr std::chrono::milliseconds kPause{1};
constexpr std::chrono::seconds kPatience{5};

bool is_opening(const Parts& parts, const TopicId& topic, std::size_t partition) {
  const metadata::TopicPtr found = parts.metadata.get()->topic_ptr(topic);
  if (!found || partition >= found->partitions.size()) return false;
  const metadata::Partition& state = *found->partitions[partition];
  if (state.leader != parts.self) return false;
  const auto leader = find_leader(parts, *found, state);
  return !leader && leader.error().code == Errc::leader_not_available;
}

std::size_t partitions_of(const Parts& parts, const TopicId& topic) {
  const metadata::TopicPtr found = parts.metadata.get()->topic_ptr(topic);
  return found ? found->partitions.size() : 0;
}

}  // namespace

Task<void> await_opening(const Parts& parts, std::vector<TopicId> topics,
                         env::MonotonicTime deadline) {
  env::Core& core = parts.environment.current_core();
  const env::MonotonicTime until = std::min(deadline, parts.environment.now() + kPatience);
  for (const TopicId& topic : topics) {
    for (std::size_t partition = 0; partition < partitions_of(parts, topic); partition++) {
      while (is_opening(parts, topic, partition)) {
        const env::MonotonicTime now = parts.environment.now();
        if (now >= until) co_return;
        const bool slept = co_await core.sleep_until(now + kPause);
        if (!slept) co_return;
      }
    }
  }
}

}  // namespace ropewalk::service
