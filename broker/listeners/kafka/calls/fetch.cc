#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int8_t kReadCommitted = 1;
constexpr std::int16_t kFirstWithSessions = 7;
constexpr std::int16_t kFirstFetchWithZstd = 10;
// What clients send who read partitions for themselves: -1, and -2 for tools.
constexpr std::int32_t kFirstReplicaId = 0;

Result<service::FetchRequest> read_fetch(const FetchRequest& message, std::int16_t version) {
  if (message.replica_id >= kFirstReplicaId)
    return fail(Errc::cluster_authorization_failed,
                "replica_id {}: replicas of other brokers are not served on this port",
                message.replica_id);
  service::FetchRequest request;
  request.bytes_min = static_cast<std::size_t>(std::max(message.min_bytes, 1));
  request.bytes_max = static_cast<std::size_t>(std::max(message.max_bytes, 1));
  // Who is content with nothing does not wait.
  if (message.min_bytes > 0)
    request.wait_max = std::chrono::milliseconds(std::max(message.max_wait_ms, 0));
  if (message.isolation_level == kReadCommitted)
    request.isolation = service::IsolationLevel::read_committed;
  request.takes_zstd = version >= kFirstFetchWithZstd;
  request.session_id = message.session_id;
  request.session_epoch = message.session_epoch;
  for (const FetchTopic& topic : message.topics) {
    for (const FetchPartition& partition : topic.partitions) {
      request.partitions.push_back(
          {.topic = {.name = topic.topic, .id = {}},
           .partition = partition.partition,
           .fetch_offset = Offset(partition.fetch_offset),
           .leader_epoch = epoch_of(partition.current_leader_epoch),
           .last_epoch = epoch_of(partition.last_fetched_epoch),
           .bytes_max = static_cast<std::size_t>(std::max(partition.partition_max_bytes, 1))});
    }
  }
  for (const ForgottenTopic& topic : message.forgotten_topics) {
    for (const std::int32_t partition : topic.partitions)
      request.forgotten.push_back(
          {.topic = {.name = topic.topic, .id = {}}, .partition = partition});
  }
  return request;
}

void set_result(FetchPartitionResponse& into, service::FetchResult& result, bool committed) {
  into.error_code = code_of(result.error);
  into.high_watermark = result.high_watermark.value();
  into.last_stable_offset = result.last_stable.value();
  into.log_start_offset = result.log_start.value();
  if (committed) into.aborted_transactions.emplace();
  into.records = std::move(result.records);
  if (result.diverging)
    into.diverging_epoch = FetchEpochEnd{.epoch = result.diverging->epoch.value(),
                                         .end_offset = result.diverging->end.value()};
  if (result.current_leader.leader != kNoBroker)
    into.current_leader = FetchLeader{.leader_id = result.current_leader.leader.value(),
                                      .leader_epoch = result.current_leader.epoch.value()};
}

// The charge for records in memory lasts until the last of them is sent: its chunk carries it.
void carry(std::vector<env::Chunk>& frame, quota::ByteBudget::Lease memory) {
  struct Charged {
    quota::ByteBudget::Lease memory;
    SharedBytes bytes;
  };
  for (auto chunk = frame.rbegin(); chunk != frame.rend(); ++chunk) {
    auto* const bytes = std::get_if<SharedBytes>(&*chunk);
    if (bytes == nullptr) continue;
    const auto charged = std::make_shared<Charged>(std::move(memory), std::move(*bytes));
    *bytes = SharedBytes(charged, charged->bytes.span());
    return;
  }
}

void reply_refused(const Exchange& exchange, const FetchRequest& message, const Error& error) {
  FetchResponse response;
  response.error_code = code_of(error);
  // Earlier versions have room for an error in partitions only.
  if (exchange.version < kFirstWithSessions) {
    for (const FetchTopic& topic : message.topics) {
      auto& into = response.topics.emplace_back();
      into.topic = topic.topic;
      for (const FetchPartition& partition : topic.partitions) {
        auto& refused = into.partitions.emplace_back();
        refused.partition_index = partition.partition;
        refused.error_code = code_of(error);
        refused.high_watermark = kNoOffset.value();
        refused.records.emplace();
      }
    }
  }
  exchange.reply(response, &error);
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, FetchRequest message) {
  auto request = read_fetch(message, exchange.version);
  if (!request) co_return reply_refused(exchange, message, request.error());
  const bool committed = request->isolation == service::IsolationLevel::read_committed;
  // The wait that the client asks for is no part of the time that serving may take.
  exchange.context.deadline += request->wait_max;
  auto fetched = co_await shared.uses.fetch.handle(exchange.context, std::move(*request));
  if (fetched.error.code != Errc::none) co_return reply_refused(exchange, message, fetched.error);

  FetchResponse response;
  response.session_id = fetched.session_id;
  FirstError failed;
  for (service::FetchResult& result : fetched.partitions) {
    failed.note(result.error);
    if (response.topics.empty() || response.topics.back().topic != result.topic.name)
      response.topics.emplace_back().topic = result.topic.name;
    auto& told = response.topics.back().partitions.emplace_back();
    told.partition_index = result.partition;
    set_result(told, result, committed);
  }
  auto frame = write_frame<FetchResponse>({.correlation_id = exchange.correlation_id},
                                          exchange.version, response);
  if (!frame) co_return exchange.close(frame.error());
  carry(*frame, std::move(fetched.memory));
  exchange.reply_frame(std::move(*frame), failed.get());
}

}  // namespace ropewalk::kafka
