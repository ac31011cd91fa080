#include "broker/service/epoch_end.h"

#include <memory>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "broker/service/partition_looks.h"
#include "common/env/environment.h"

namespace ropewalk::service {

Task<std::vector<FoundEpochEnd>> EpochEnds::handle(security::RequestContext context,
                                                   std::vector<EpochEndPartition> request) {
  std::vector<FoundEpochEnd> answer(request.size());
  std::vector<TopicPartition> ids(request.size());
  auto looks = std::make_shared<PartitionLooks>(parts_.environment.current_core(), request.size());
  const metadata::ImagePtr image = parts_.metadata.get();
  const Result<void> lease = check_lease(parts_);
  for (std::size_t i = 0; i < request.size(); i++) {
    auto replica = find_led_here(parts_, context, *image, request[i].topic, request[i].partition,
                                 security::Operation::describe, ids[i]);
    if (replica && !lease) replica = std::unexpected(lease.error());
    if (!replica) {
      answer[i].error = std::move(replica).error();
      continue;
    }
    looks->ask(*replica, {.expected_epoch = request[i].leader_epoch,
                          .end_of = request[i].epoch,
                          .index = static_cast<std::uint32_t>(i)});
  }
  const auto answered = co_await looks->answered();
  for (std::size_t i = 0; i < request.size(); i++) {
    FoundEpochEnd& found = answer[i];
    if (found.error.code == Errc::none) {
      const replication::Looked& looked = looks->found(i);
      found.error = answered ? looked.error : answered.error();
      if (found.error.code == Errc::none && looked.epoch_end) {
        found.epoch = looked.epoch_end->epoch;
        found.end = looked.epoch_end->end;
      }
    }
    if (wants_leader_hint(found.error.code))
      found.current_leader = leader_hint(parts_, context, *image, ids[i]);
  }
  co_return answer;
}

}  // namespace ropewalk::service
