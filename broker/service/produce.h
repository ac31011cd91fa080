// Use case: append record batches.
//
// A connection decodes all whole frames of one read and adds their produces to one ProduceTurn;
// go() then enters each partition that the turn touches once, with all its batches (architecture,
// D3). Made, used and answered on the connection's core.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/quota/byte_budget.h"
#include "broker/security/request_context.h"
#include "broker/service/leader_hint.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/bytes.h"

namespace ropewalk::service {

struct ProducePartition {
  TopicRef topic;
  std::int32_t partition = 0;
  std::optional<LeaderEpoch> leader_epoch;  // That the client knows.
  SharedBytes records;                      // One whole batch; not copied, kept until written.
};

struct ProduceRequest {
  std::int16_t acks = -1;        // -1, 0 or 1, as Kafka counts.
  std::string transactional_id;  // Must be empty until transactions exist.
  // The context's deadline is the request's: a produce that is not acknowledged by then is answered
  // with request_timed_out and may be stored all the same.
  std::vector<ProducePartition> partitions;
};

struct RecordFault {
  std::int32_t index = 0;  // Within the batch, from 0.
  std::string message;
};

struct ProduceResult {
  Error error{Errc::none, {}};
  Offset base_offset = kNoOffset;
  std::int64_t log_append_time_ms = -1;  // -1: the producer's times stand.
  Offset log_start = kNoOffset;
  std::vector<RecordFault> record_faults;
  LeaderHint current_leader;  // With not_leader_or_follower, fenced_ and unknown_leader_epoch.
};

// In the order of the request. With acks=0 it tells only whether the connection must be closed.
using ProduceResponse = std::vector<ProduceResult>;
// Called once, on the connection's core, perhaps from inside go(), never from inside add().
using ProduceCallback = std::move_only_function<void(ProduceResponse)>;

class ProduceTurn {
 public:
  // On a data core. The turn may be destroyed before its answers have come; they come all the same.
  explicit ProduceTurn(const Parts& parts);
  ~ProduceTurn();
  ProduceTurn(ProduceTurn&&) noexcept;
  ProduceTurn& operator=(ProduceTurn&&) noexcept;

  // Authorises and checks. The bytes of the request are charged to the budget of produces in
  // flight until it is answered.
  void add(const security::RequestContext& context, ProduceRequest request,
           ProduceCallback callback);

  // Enters the partitions, in the order in which add() met them. Afterwards the turn is empty and
  // may be used again.
  void go();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ropewalk::service
