#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {

Task<void> serve(Shared& shared, Exchange exchange, InitProducerIdRequest message) {
  InitProducerIdResponse response;
  response.producer_epoch = kNoProducerEpoch.value();
  service::InitProducerRequest request{.transactional_id = message.transactional_id.value_or(""),
                                       .producer = ProducerId(message.producer_id),
                                       .epoch = ProducerEpoch(message.producer_epoch)};
  const auto given =
      co_await shared.uses.init_producer.handle(exchange.context, std::move(request));
  if (!given) {
    response.error_code = code_of(given.error());
    exchange.reply(response, &given.error());
    co_return;
  }
  response.producer_id = given->producer.value();
  response.producer_epoch = given->epoch.value();
  exchange.reply(response);
}

}  // namespace ropewalk::kafka
