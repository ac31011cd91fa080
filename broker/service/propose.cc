#include "broker/service/propose.h"

#include <utility>

#include "broker/metadata/metadata_view.h"

namespace ropewalk::service {
namespace {

// Errors: the first item's that has one.
Task<Result<metadata::ControllerAnswer>> propose_and_see(const Parts& parts,
                                                         metadata::ControllerEvent event,
                                                         env::MonotonicTime deadline) {
  auto answer = co_await parts.controller.propose(std::move(event), deadline);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  for (auto& item : answer->items) {
    if (!item) co_return std::unexpected(std::move(item).error());
  }
  const auto seen = co_await parts.metadata.wait_for(answer->offset, deadline);
  if (!seen && seen.error().code == Errc::request_timed_out)
    co_return fail(Errc::outcome_unknown, "decided, but this broker has not seen it yet");
  if (!seen) co_return std::unexpected(seen.error());
  co_return std::move(*answer);
}

}  // namespace

Task<Result<Decided>> propose_one(const Parts& parts, metadata::ControllerEvent event,
                                  env::MonotonicTime deadline) {
  auto answer = co_await propose_and_see(parts, std::move(event), deadline);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  ENSURE(answer->items.size() == 1, "the controller gave {} answers to one question",
         answer->items.size());
  co_return Decided{.offset = answer->offset, .answer = std::move(*answer->items.front())};
}

Task<Result<Offset>> propose_all(const Parts& parts, metadata::ControllerEvent event,
                                 env::MonotonicTime deadline) {
  auto answer = co_await propose_and_see(parts, std::move(event), deadline);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return answer->offset;
}

}  // namespace ropewalk::service
