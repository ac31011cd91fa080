#include "broker/replication/epoch_end.h"

namespace ropewalk::replication {

std::optional<EpochEnd> end_of(LeaderEpoch epoch, const EpochHistory& history) {
  if (epoch < LeaderEpoch(0) || epoch > history.current) return std::nullopt;
  if (epoch == history.current) return EpochEnd{epoch, history.log_end};
  if (const auto known = history.starts.end_of(epoch, history.log_end)) return known;
  const auto& entries = history.starts.entries();
  return EpochEnd{epoch, entries.empty() ? history.log_end : entries.front().start};
}

std::optional<EpochEnd> divergence(LeaderEpoch last_epoch, Offset from,
                                   const EpochHistory& history) {
  const auto ours = end_of(last_epoch, history);
  if (!ours || (ours->epoch == last_epoch && ours->end >= from)) return std::nullopt;
  return ours;
}

}  // namespace ropewalk::replication
