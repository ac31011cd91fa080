#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/calls/timeout.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int16_t kFirstWithErrorCode = 1;

Result<service::ElectLeadersRequest> read_elections(const ElectLeadersRequest& message) {
  constexpr std::int8_t kPreferred = 0, kUnclean = 1;
  service::ElectLeadersRequest request;
  if (message.election_type != kPreferred && message.election_type != kUnclean)
    return fail(Errc::invalid_request, "there is no election of type {}", message.election_type);
  if (message.election_type == kUnclean) request.kind = metadata::ElectionKind::unclean;
  if (!message.topic_partitions) return request;
  request.partitions.emplace();
  for (const ElectLeadersTopic& topic : *message.topic_partitions)
    for (const std::int32_t partition : topic.partitions)
      request.partitions->push_back(
          {.topic = {.name = topic.topic, .id = {}}, .partition = partition});
  return request;
}

// Partitions of a topic stand together, in the request and so in the answers.
void add_result(std::string topic, std::int32_t partition, const Error& error,
                ElectLeadersResponse& into) {
  auto& results = into.replica_election_results;
  if (results.empty() || results.back().topic != topic)
    results.push_back({.topic = std::move(topic), .partitions = {}});
  results.back().partitions.push_back(
      {.partition_id = partition, .error_code = code_of(error), .error_message = text_of(error)});
}

// Version 0 has no place for an error of all, so each partition has it.
void refuse(const ElectLeadersRequest& message, std::int16_t version, const Error& error,
            ElectLeadersResponse& response) {
  response.error_code = code_of(error);
  if (version >= kFirstWithErrorCode || !message.topic_partitions) return;
  for (const ElectLeadersTopic& topic : *message.topic_partitions)
    for (const std::int32_t partition : topic.partitions)
      add_result(topic.topic, partition, error, response);
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, ElectLeadersRequest message) {
  set_timeout(shared, exchange, message.timeout_ms);
  ElectLeadersResponse response;
  auto request = read_elections(message);
  Result<service::ElectLeadersResponse> elections;
  if (request)
    elections = co_await shared.uses.elect_leaders.handle(exchange.context, std::move(*request));
  else
    elections = std::unexpected(std::move(request).error());
  if (!elections) {
    refuse(message, exchange.version, elections.error(), response);
    exchange.reply(response, &elections.error());
    co_return;
  }
  FirstError failed;
  for (service::PartitionElection& election : elections->partitions) {
    failed.note(election.error);
    add_result(std::move(election.topic.name), election.partition, election.error, response);
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
