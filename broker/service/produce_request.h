// One produce request under way: collects the results of its partitions, answers once.
//
// What a retriable refusal means to the batches behind it, the gate of its connection learns here.
//
// On the connection's core only. For produce.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/quota/byte_budget.h"
#include "broker/replication/outbox.h"
#include "broker/replication/sequenced.h"
#include "broker/security/request_context.h"
#include "broker/service/pipeline_gate.h"
#include "broker/service/produce.h"
#include "broker/service/service.h"
#include "common/env/core.h"
#include "common/uuid.h"

namespace ropewalk::service {

class PendingProduce : public std::enable_shared_from_this<PendingProduce> {
 public:
  PendingProduce(const Parts& parts, std::shared_ptr<PipelineGate> gate,
                 security::RequestContext context, std::size_t partitions,
                 ProduceCallback callback);

  const security::RequestContext& context() const { return context_; }
  void hold(quota::ByteBudget::Lease lease) { lease_ = std::move(lease); }
  void set_target(std::size_t index, TopicPartition target) {
    of_partition_[index].target = target;
  }
  // Before anything that can refuse it.
  void pass_gate(std::size_t index, PipelineKey key, const replication::Sequenced& batch);
  // What an idempotent batch must be refused with, since it follows one that was, unless its
  // partition knows better.
  std::optional<Error> take_refusal(std::size_t index) {
    return std::exchange(of_partition_[index].follows_refused, std::nullopt);
  }

  // `batch` is what was appended, for the metrics.
  struct BatchSize {
    std::size_t bytes = 0;
    std::int32_t records = 0;
  };
  void succeed(std::size_t index, const replication::Appended& appended, BatchSize batch);
  void fail_with(std::size_t index, Error error, std::vector<RecordFault> faults = {});

  // Everything was entered: from now on it may be answered, and its deadline counts.
  void entered();

 private:
  struct Part {
    TopicPartition target;
    PipelineKey key;  // This and the batch: of an idempotent producer's only.
    replication::Sequenced batch;
    std::optional<Error> follows_refused;
    bool done = false;
  };

  void one_done();
  void answer();
  void time_out();

  const Parts& parts_;
  const std::shared_ptr<PipelineGate> gate_;
  const security::RequestContext context_;
  ProduceCallback callback_;
  ProduceResponse response_;
  std::vector<Part> of_partition_;
  std::size_t left_;  // Partitions that are not done, and one until everything was entered.
  quota::ByteBudget::Lease lease_;
  env::TimerId timer_ = env::TimerId::none;
};

}  // namespace ropewalk::service
