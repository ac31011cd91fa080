#include "broker/service/init_producer.h"

#include "broker/metadata/metadata_view.h"
#include "broker/metadata/producer_ids.h"
#include "broker/security/authorizer.h"

namespace ropewalk::service {
namespace {

// The next epoch of the identity; nothing when the producer needs a new id.
Result<std::optional<InitProducerResponse>> go_on(const metadata::Image& image,
                                                  const InitProducerRequest& request) {
  if (request.producer == kNoProducer && request.epoch == kNoProducerEpoch)
    return std::optional<InitProducerResponse>{};
  if (request.producer < ProducerId(0) || request.epoch < ProducerEpoch(0))
    return fail(Errc::invalid_request, "producer id {} with epoch {}: both or none",
                request.producer, request.epoch);
  if (request.producer >= image.producer_ids().next)
    return fail(Errc::unknown_producer_id, "producer id {} was never given out", request.producer);
  const auto epoch = metadata::next_producer_epoch(request.epoch);
  if (!epoch) return std::optional<InitProducerResponse>{};
  return InitProducerResponse{.producer = request.producer, .epoch = *epoch};
}

}  // namespace

Task<Result<InitProducerResponse>> InitProducer::handle(security::RequestContext context,
                                                        InitProducerRequest request) {
  const security::Access access{.operation = security::Operation::idempotent_write,
                                .resource_type = security::ResourceType::cluster,
                                .resource = {}};
  CO_TRY_VOID(parts_.authorizer.authorize(context, access));
  if (!request.transactional_id.empty())
    co_return fail(Errc::invalid_request, "there are no transactions yet");
  CO_TRY(const auto same_id, go_on(*parts_.metadata.get(), request));
  if (same_id) co_return *same_id;
  CO_TRY(const ProducerId fresh, co_await ids_.next(context.deadline));
  co_return InitProducerResponse{.producer = fresh, .epoch = ProducerEpoch(0)};
}

}  // namespace ropewalk::service
