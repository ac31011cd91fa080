#include "broker/listeners/kafka/calls/produce.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/timeout.h"
#include "broker/listeners/kafka/exchange/errors.h"
#include "common/records/batch_header.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int16_t kFirstProduceWithZstd = 7;

// What a version does not allow, and what is no batch at all; everything else is for the service.
Error refusal_of(const ProducePartition& partition, std::int16_t version) {
  if (!partition.records || partition.records->size() == 0)
    return {Errc::invalid_record, "there is no record batch"};
  if (version >= kFirstProduceWithZstd) return {Errc::none, {}};
  const auto header = BatchHeader::parse(partition.records->span());
  if (!header || header->codec() != Codec::zstd) return {Errc::none, {}};
  return {Errc::unsupported_compression_type,
          fmt::format("zstd needs version {} of Produce or a later one, this is {}",
                      kFirstProduceWithZstd, version)};
}

bool names_one_twice(const ProduceRequest& message) {
  std::vector<std::pair<std::string_view, std::int32_t>> named;
  for (const ProduceTopic& topic : message.topics)
    for (const ProducePartition& partition : topic.partitions)
      named.emplace_back(topic.name, partition.index);
  if (named.size() < 2) return false;
  std::ranges::sort(named);
  return std::ranges::adjacent_find(named) != named.end();
}

void set_result(ProducePartitionResponse& into, const service::ProduceResult& result) {
  into.error_code = result.error.code == Errc::invalid_txn_state
                        ? kTransactionalIdAuthorizationFailed
                        : code_of(result.error);
  into.error_message = text_of(result.error);
  into.base_offset = result.base_offset.value();
  into.log_append_time_ms = result.log_append_time_ms;
  into.log_start_offset = result.log_start.value();
  for (const service::RecordFault& fault : result.record_faults)
    into.record_errors.push_back({.batch_index = fault.index, .message = fault.message});
}

void set_refused(ProducePartitionResponse& into, const Error& error) {
  into.error_code = code_of(error);
  into.error_message = text_of(error);
  into.base_offset = kNoOffset.value();
}

// A produce under way: what is known of its answer, and where the rest belongs.
struct Produced {
  ProduceResponse response;
  PartitionPlaces places;
  FirstError failed;
};

void answer(const Exchange& exchange, bool wants_reply, const Produced& produced) {
  const Error* const failed = produced.failed.get();
  if (wants_reply) return exchange.reply(produced.response, failed);
  if (failed != nullptr) return exchange.close(*failed);
  exchange.no_reply();
}

}  // namespace

void add_produce(Shared& shared, Exchange exchange, ProduceRequest message,
                 service::ProduceTurn& turn) {
  set_timeout(shared, exchange, message.timeout_ms);
  service::ProduceRequest request;
  request.acks = message.acks;
  request.transactional_id = message.transactional_id.value_or("");
  Produced produced;
  const bool doubled = names_one_twice(message);
  for (ProduceTopic& topic : message.topics) {
    auto& topic_response = produced.response.topics.emplace_back();
    topic_response.name = topic.name;
    for (ProducePartition& partition : topic.partitions) {
      auto& into = topic_response.partitions.emplace_back();
      into.index = partition.index;
      Error refused = refusal_of(partition, exchange.version);
      if (doubled) refused = {Errc::invalid_request, "a partition is named twice"};
      if (refused.code != Errc::none) {
        set_refused(into, refused);
        produced.failed.note(refused);
        continue;
      }
      produced.places.add(produced.response.topics.size(), topic_response.partitions.size());
      request.partitions.push_back({.topic = {.name = topic.name, .id = {}},
                                    .partition = partition.index,
                                    .leader_epoch = std::nullopt,
                                    .records = std::move(*partition.records)});
    }
  }
  const bool wants_reply = message.acks != 0;
  if (request.partitions.empty()) return answer(exchange, wants_reply, produced);
  auto callback = [exchange, wants_reply,
                   produced = std::move(produced)](service::ProduceResponse results) mutable {
    for (std::size_t i = 0; i < results.size(); i++) {
      set_result(produced.places.in(produced.response.topics, i), results[i]);
      produced.failed.note(results[i].error);
    }
    answer(exchange, wants_reply, produced);
  };
  turn.add(exchange.context, std::move(request), std::move(callback));
}

}  // namespace ropewalk::kafka
