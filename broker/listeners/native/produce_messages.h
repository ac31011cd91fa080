// Produce, between messages and the service's structs. Pure.
#pragma once

#include <vector>

#include "broker/service/produce.h"
#include "common/bytes.h"
#include "common/error.h"
#include "ropewalk/v1/produce.pb.h"

namespace ropewalk::native {

// A bound that a client meets only by mistake or ill will: a batch has 61 bytes and more.
inline constexpr std::size_t kProducePartitionsMax = 100'000;

// The records share the body's bytes. `timeout_ms` is the message's; 0: none. Errors:
// malformed_frame; invalid_required_acks, invalid_request (also for one partition twice).
struct ProduceMessage {
  service::ProduceRequest request;
  std::int32_t timeout_ms = 0;
};
Result<ProduceMessage> read_produce(const SharedBytes& body);

// What an answer repeats of its request, which is gone by then.
struct ProducedPartition {
  TopicId topic;
  std::int32_t partition = 0;
};
std::vector<ProducedPartition> produced_partitions(const service::ProduceRequest& request);

v1::ProduceResponse write_produce(const std::vector<ProducedPartition>& partitions,
                                  const service::ProduceResponse& response);

}  // namespace ropewalk::native
