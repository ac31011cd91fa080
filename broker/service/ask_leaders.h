// One look at each of many partitions that this broker leads, for use cases that only ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "broker/metadata/image.h"
#include "broker/security/authorizer.h"
#include "broker/service/locate.h"
#include "broker/service/partition_looks.h"
#include "common/env/environment.h"

namespace ropewalk::service {

// `answers[i].error` is set where wanted[i] cannot be asked; `ids[i]` once its topic is known. On a
// data core; wait for answered(). `look_for(wanted[i])` makes the look but for its index.
template <class Wanted, class Answer, class MakeLook>
std::shared_ptr<PartitionLooks> ask_leaders(const Parts& parts,
                                            const security::RequestContext& context,
                                            const metadata::Image& image,
                                            const std::vector<Wanted>& wanted,
                                            std::vector<Answer>& answers,
                                            std::vector<TopicPartition>& ids, MakeLook look_for) {
  auto looks = std::make_shared<PartitionLooks>(parts.environment.current_core(), wanted.size());
  const Result<void> lease = check_lease(parts);
  for (std::size_t i = 0; i < wanted.size(); i++) {
    auto replica = find_led_here(parts, context, image, wanted[i].topic, wanted[i].partition,
                                 security::Operation::describe, ids[i]);
    if (replica && !lease) replica = std::unexpected(lease.error());
    if (!replica) {
      answers[i].error = std::move(replica).error();
      continue;
    }
    replication::Look look = look_for(wanted[i]);
    look.index = static_cast<std::uint32_t>(i);
    looks->ask(*replica, look);
  }
  return looks;
}

}  // namespace ropewalk::service
