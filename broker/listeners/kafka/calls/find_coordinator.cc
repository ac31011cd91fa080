#include <string>

#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {

// There are neither groups nor transactions yet. Clients ask again until their own timeout.
Task<void> serve(Shared&, Exchange exchange, FindCoordinatorRequest message) {
  const Error none{
      Errc::coordinator_not_available,
      message.key_type == 0
          ? "this version of Ropewalk has no consumer groups for Kafka clients: assign "
            "partitions instead"
          : "this version of Ropewalk has no transactions"};
  FindCoordinatorResponse response;
  response.error_code = code_of(none);
  response.error_message = text_of(none);
  response.node_id = kNoBroker.value();
  response.port = -1;
  for (const std::string& key : message.coordinator_keys)
    response.coordinators.push_back({.key = key,
                                     .node_id = kNoBroker.value(),
                                     .host = {},
                                     .port = -1,
                                     .error_code = code_of(none),
                                     .error_message = text_of(none)});
  exchange.reply(response, &none);
  co_return;
}

}  // namespace ropewalk::kafka
