#include "broker/service/delete_records.h"

#include <memory>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "common/env/environment.h"
#include "common/env/event.h"

namespace ropewalk::service {
namespace {

// The answers of many partitions, on the core of the request.
struct Gathered {
  Gathered(env::Core& core, std::size_t count)
      : answers(count, fail(Errc::request_timed_out, "not deleted in time; it may be so later")),
        complete(core) {}

  std::vector<Result<Offset>> answers;
  std::size_t owed = 0;
  env::Event complete;
};

Result<std::shared_ptr<replication::Partition>> find_target(const Parts& parts,
                                                            const security::RequestContext& context,
                                                            const metadata::Image& image,
                                                            const DeleteRecordsPartition& wanted,
                                                            TopicPartition& id) {
  TRY(const auto* topic,
      find_topic(parts, context, image, wanted.topic, security::Operation::remove));
  id = {topic->id, wanted.partition};
  TRY(const auto* state, find_partition(*topic, wanted.partition));
  TRY(auto leader, find_leader(parts, *topic, *state));
  TRY_VOID(check_lease(parts));
  if (wanted.before < Offset(-1))
    return fail(Errc::offset_out_of_range, "records before {}: an offset from 0 up, or -1 for all",
                wanted.before);
  return leader;
}

}  // namespace

Task<std::vector<DeletedRecords>> DeleteRecords::handle(
    security::RequestContext context, std::vector<DeleteRecordsPartition> request) {
  const metadata::ImagePtr image = parts_.metadata.get();
  auto gathered = std::make_shared<Gathered>(parts_.environment.current_core(), request.size());
  std::vector<TopicPartition> ids(request.size());
  std::vector<std::shared_ptr<replication::Partition>> targets(request.size());
  for (std::size_t i = 0; i < request.size(); i++) {
    auto target = find_target(parts_, context, *image, request[i], ids[i]);
    if (target) {
      targets[i] = std::move(*target);
      gathered->owed++;
    } else {
      gathered->answers[i] = fail(std::move(target).error());
    }
  }
  if (gathered->owed == 0) gathered->complete.set();
  for (std::size_t i = 0; i < request.size(); i++) {
    if (!targets[i]) continue;
    const Offset before = request[i].before;
    targets[i]->delete_before(before < Offset(0) ? std::nullopt : std::optional(before),
                              request[i].leader_epoch, [gathered, i](Result<Offset> start) {
                                gathered->answers[i] = std::move(start);
                                if (--gathered->owed == 0) gathered->complete.set();
                              });
  }
  std::ignore = co_await gathered->complete.wait_until(context.deadline);
  std::vector<DeletedRecords> answer(request.size());
  for (std::size_t i = 0; i < request.size(); i++) {
    const Result<Offset>& start = gathered->answers[i];
    if (start) {
      answer[i].log_start = *start;
      continue;
    }
    answer[i].error = start.error();
    if (wants_leader_hint(start.error().code))
      answer[i].current_leader = leader_hint(*image, context, ids[i]);
  }
  co_return answer;
}

}  // namespace ropewalk::service
