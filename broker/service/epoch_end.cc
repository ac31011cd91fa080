#include "broker/service/epoch_end.h"

#include "broker/metadata/metadata_view.h"
#include "broker/service/ask_leaders.h"

namespace ropewalk::service {

Task<std::vector<FoundEpochEnd>> EpochEnds::handle(security::RequestContext context,
                                                   std::vector<EpochEndPartition> request) {
  std::vector<FoundEpochEnd> answer(request.size());
  std::vector<TopicPartition> ids(request.size());
  const metadata::ImagePtr image = parts_.metadata.get();
  const auto look_for = [](const EpochEndPartition& wanted) {
    return replication::Look{.expected_epoch = wanted.leader_epoch, .end_of = wanted.epoch};
  };
  const auto looks = ask_leaders(parts_, context, *image, request, answer, ids, look_for);
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
