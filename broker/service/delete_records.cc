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

Result<void> check_offset(Offset before) {
  if (before >= Offset(-1)) return {};
  return fail(Errc::offset_out_of_range, "records before {}: an offset from 0 up, or -1 for all",
              before);
}

}  // namespace

Task<std::vector<DeletedRecords>> DeleteRecords::handle(
    security::RequestContext context, std::vector<DeleteRecordsPartition> request) {
  const metadata::ImagePtr image = parts_.metadata.get();
  const Result<void> lease = check_lease(parts_);
  auto gathered = std::make_shared<Gathered>(parts_.environment.current_core(), request.size());
  std::vector<TopicPartition> ids(request.size());
  std::vector<std::shared_ptr<replication::Partition>> targets(request.size());
  for (std::size_t i = 0; i < request.size(); i++) {
    auto target = find_led_here(parts_, context, *image, request[i].topic, request[i].partition,
                                security::Operation::remove, ids[i]);
    if (target && !lease) target = std::unexpected(lease.error());
    if (const auto checked = check_offset(request[i].before); target && !checked)
      target = std::unexpected(checked.error());
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
      answer[i].current_leader = leader_hint(parts_, context, *image, ids[i]);
  }
  co_return answer;
}

}  // namespace ropewalk::service
