#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {

Task<void> serve(Shared& shared, Exchange exchange, UnregisterBrokerRequest message) {
  UnregisterBrokerResponse response;
  const auto gone =
      co_await shared.uses.unregister_broker.handle(exchange.context, BrokerId(message.broker_id));
  if (!gone) {
    response.error_code = code_of(gone.error());
    response.error_message = text_of(gone.error());
  }
  exchange.reply(response, gone ? nullptr : &gone.error());
}

}  // namespace ropewalk::kafka
