#include "broker/service/await_metadata.h"

#include "broker/metadata/metadata_view.h"

namespace ropewalk::service {

Task<Result<void>> AwaitMetadata::handle(security::RequestContext context, Offset least) {
  auto reached = co_await parts_.metadata.wait_for(least, context.deadline);
  if (!reached) co_return within("waiting for the metadata log", std::move(reached).error());
  co_return Result<void>();
}

}  // namespace ropewalk::service
