#include "broker/service/produce_request.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "common/env/environment.h"

namespace ropewalk::service {

PendingProduce::PendingProduce(const Parts& parts, security::RequestContext context,
                               std::size_t partitions, ProduceCallback callback)
    : parts_(parts),
      context_(std::move(context)),
      callback_(std::move(callback)),
      response_(partitions),
      targets_(partitions),
      done_(partitions, false),
      left_(partitions + 1) {}

void PendingProduce::succeed(std::size_t index, const replication::Appended& appended) {
  if (done_[index]) return;
  ProduceResult& result = response_[index];
  result.base_offset = appended.base_offset;
  result.log_append_time_ms = appended.append_time_ms;
  result.log_start = appended.log_start;
  done_[index] = true;
  one_done();
}

void PendingProduce::fail_with(std::size_t index, Error error, std::vector<RecordFault> faults) {
  if (done_[index]) return;
  ProduceResult& result = response_[index];
  if (wants_leader_hint(error.code))
    result.current_leader = leader_hint(*parts_.metadata.get(), context_, targets_[index]);
  result.error = std::move(error);
  result.record_faults = std::move(faults);
  done_[index] = true;
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
  for (std::size_t i = 0; i < done_.size(); i++)
    fail_with(i, {Errc::request_timed_out, "not acknowledged in time; it may be stored"});
}

void PendingProduce::answer() {
  if (timer_ != env::TimerId::none) parts_.environment.current_core().cancel(timer_);
  lease_ = {};
  callback_(std::move(response_));
}

}  // namespace ropewalk::service
