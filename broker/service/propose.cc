#include "broker/service/propose.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/metadata_view.h"

namespace ropewalk::service {

Task<Result<metadata::ControllerAnswer>> propose_each(const Parts& parts,
                                                      metadata::ControllerEvent event,
                                                      env::MonotonicTime deadline) {
  auto answer = co_await parts.controller.propose(std::move(event), deadline);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  const bool any =
      std::ranges::any_of(answer->items, [](const auto& item) { return item.has_value(); });
  if (!any) co_return answer;
  const auto seen = co_await parts.metadata.wait_for(answer->offset, deadline);
  if (!seen && seen.error().code == Errc::request_timed_out)
    co_return fail(Errc::outcome_unknown, "decided, but this broker has not seen it yet");
  if (!seen) co_return std::unexpected(seen.error());
  co_return answer;
}

Task<Result<Decided>> propose_one(const Parts& parts, metadata::ControllerEvent event,
                                  env::MonotonicTime deadline) {
  auto answer = co_await propose_each(parts, std::move(event), deadline);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  ENSURE(answer->items.size() == 1, "the controller gave {} answers to one question",
         answer->items.size());
  auto& item = answer->items.front();
  if (!item) co_return std::unexpected(std::move(item).error());
  co_return Decided{.offset = answer->offset, .answer = std::move(*item)};
}

Task<Result<Offset>> propose_all(const Parts& parts, metadata::ControllerEvent event,
                                 env::MonotonicTime deadline) {
  auto answer = co_await propose_each(parts, std::move(event), deadline);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  for (auto& item : answer->items) {
    if (!item) co_return std::unexpected(std::move(item).error());
  }
  co_return answer->offset;
}

}  // namespace ropewalk::service
