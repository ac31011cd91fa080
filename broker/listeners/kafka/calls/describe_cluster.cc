#include <utility>

#include "broker/listeners/kafka/calls/brokers.h"
#include "broker/listeners/kafka/calls/operations.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int8_t kBrokers = 1;
constexpr std::int8_t kControllers = 2;
// Kafka's numbers of what only this call can do wrong.
constexpr std::int16_t kMismatchedEndpointType = 114;
constexpr std::int16_t kUnsupportedEndpointType = 115;

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, DescribeClusterRequest message) {
  DescribeClusterResponse response;
  response.endpoint_type = message.endpoint_type;
  if (message.endpoint_type != kBrokers) {
    const Error error{Errc::invalid_request,
                      message.endpoint_type == kControllers
                          ? "this listener is for clients: controllers are not reached here"
                          : fmt::format("there is no endpoint type {}", message.endpoint_type)};
    response.error_code =
        message.endpoint_type == kControllers ? kMismatchedEndpointType : kUnsupportedEndpointType;
    response.error_message = text_of(error);
    exchange.reply(response, &error);
    co_return;
  }
  const auto metadata = shared.uses.metadata.handle(exchange.context, {});
  response.cluster_id = fmt::format("{}", metadata.cluster_id);
  write_brokers(metadata, &DescribeClusterBroker::broker_id, response);
  if (message.include_cluster_authorized_operations)
    response.cluster_authorized_operations = kClusterOperations;
  exchange.reply(response);
}

}  // namespace ropewalk::kafka
