#include "broker/service/pipeline_gate.h"

namespace ropewalk::service {
namespace {

constexpr std::size_t kPartitionsMax = 4096;
constexpr std::size_t kProducersMax = 64;  // Of one connection to one partition.

}  // namespace

Result<void> PipelineGate::pass(const PipelineKey& partition, const replication::Sequenced& batch) {
  if (refused_.empty()) return {};
  const auto at = refused_.find(partition);
  if (at == refused_.end()) return {};
  if (auto refusal = at->second.refuses(batch)) return fail(std::move(*refusal));
  if (at->second.empty()) refused_.erase(at);
  return {};
}

void PipelineGate::refused(const PipelineKey& partition, const replication::Sequenced& batch,
                           Errc code) {
  // After a time-out it may be stored: the partition knows.
  if (!is_retriable(code) || code == Errc::request_timed_out) return;
  const auto [at, is_new] = refused_.try_emplace(partition, kProducersMax);
  at->second.refused(batch, code);
  if (is_new && refused_.size() > kPartitionsMax) refused_.erase(refused_.begin());
}

void PipelineGate::stored(const PipelineKey& partition, const replication::Sequenced& batch) {
  if (refused_.empty()) return;
  const auto at = refused_.find(partition);
  if (at == refused_.end()) return;
  at->second.forget(batch.producer);
  if (at->second.empty()) refused_.erase(at);
}

}  // namespace ropewalk::service
