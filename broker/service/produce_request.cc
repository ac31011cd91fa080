#include "broker/service/produce_request.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "broker/service/service_metrics.h"
#include "common/env/environment.h"

namespace ropewalk::service {

PendingProduce::PendingProduce(const Parts& parts, std::shared_ptr<PipelineGate> gate,
                               security::RequestContext context, std::size_t partitions,
                               ProduceCallback callback)
    : parts_(parts),
      gate_(std::move(gate)),
      context_(std::move(context)),
      callback_(std::move(callback)),
      response_(partitions),
      of_partition_(partitions),
      left_(partitions + 1) {}

void PendingProduce::pass_gate(std::size_t index, PipelineKey key,
                               const replication::Sequenced& batch) {
  if (!batch.is_idempotent()) return;
  Part& part = of_partition_[index];
  part.batch = batch;
  part.key = std::move(key);
  if (auto passed = gate_->pass(part.key, batch); !passed)
    part.follows_refused = std::move(passed).error();
}

void PendingProduce::succeed(std::size_t index, const replication::Appended& appended,
                             BatchSize batch) {
  Part& part = of_partition_[index];
  if (part.done) return;
  if (part.batch.is_idempotent()) gate_->stored(part.key, part.batch);
  parts_.metrics.produced_batches.add();
  parts_.metrics.produced_records.add(static_cast<std::uint64_t>(batch.records));
  parts_.metrics.produced_bytes.add(batch.bytes);
  ProduceResult& result = response_[index];
  result.base_offset = appended.base_offset;
  result.log_append_time_ms = appended.append_time_ms;
  result.log_start = appended.log_start;
  part.done = true;
  one_done();
}

void PendingProduce::fail_with(std::size_t index, Error error, std::vector<RecordFault> faults) {
  Part& part = of_partition_[index];
  if (part.done) return;
  if (part.batch.is_idempotent()) gate_->refused(part.key, part.batch, error.code);
  ProduceResult& result = response_[index];
  if (wants_leader_hint(error.code))
    result.current_leader = leader_hint(parts_, context_, *parts_.metadata.get(), part.target);
  result.error = std::move(error);
  result.record_faults = std::move(faults);
  part.done = true;
  one_done();
}

void PendingProduce::entered() {
  if (left_ > 1 && context_.deadline != env::kNever)
    timer_ =
        parts_.environment.current_core().call_at(context_.deadline, [weak = weak_from_this()] {
          if (const auto request = weak.lock()) request->time_out();
        });
  one_done();
}

void PendingProduce::one_done() {
  if (--left_ == 0) answer();
}

void PendingProduce::time_out() {
  timer_ = env::TimerId::none;
  const auto keep = shared_from_this();
  for (std::size_t i = 0; i < of_partition_.size(); i++)
    fail_with(i, {Errc::request_timed_out, "not acknowledged in time; it may be stored"});
}

void PendingProduce::answer() {
  if (timer_ != env::TimerId::none) parts_.environment.current_core().cancel(timer_);
  lease_ = {};
  callback_(std::move(response_));
}

}  // namespace ropewalk::service
