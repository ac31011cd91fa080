#include "broker/log/compaction_plan.h"

#include <algorithm>

namespace ropewalk::log {
namespace {

using Segments = std::span<const CompactableSegment>;

// One past the last segment that is committed whole and old enough.
std::size_t end_of_compactable(Segments sealed, Offset high_watermark,
                               const CompactionSettings& settings, std::int64_t now_ms) {
  const auto touchable = [&](const CompactableSegment& segment) {
    if (segment.clean) return true;
    if (segment.end > high_watermark) return false;
    return settings.lag_min.count() == 0 ||
           segment.max_timestamp < now_ms - settings.lag_min.count();
  };
  return static_cast<std::size_t>(std::ranges::find_if_not(sealed, touchable) - sealed.begin());
}

std::uint64_t bytes_of(Segments segments) {
  std::uint64_t bytes = 0;
  for (const CompactableSegment& segment : segments) bytes += segment.bytes;
  return bytes;
}

// max.compaction.lag.ms: a dirty record may not wait for longer.
bool has_waited_too_long(Segments dirty, const CompactionSettings& settings, std::int64_t now_ms) {
  return std::ranges::any_of(dirty, [&](const CompactableSegment& segment) {
    return segment.first_timestamp >= 0 && now_ms > segment.first_timestamp &&
           now_ms - segment.first_timestamp > settings.lag_max.count();
  });
}

}  // namespace

std::optional<CompactionPlan> plan_compaction(Segments sealed, Offset high_watermark,
                                              const CompactionSettings& settings,
                                              std::int64_t now_ms) {
  CompactionPlan plan;
  plan.first_dirty = static_cast<std::size_t>(
      std::ranges::find(sealed, false, &CompactableSegment::clean) - sealed.begin());
  plan.end = end_of_compactable(sealed, high_watermark, settings, now_ms);
  if (plan.end <= plan.first_dirty) return std::nullopt;
  const auto dirty = sealed.subspan(plan.first_dirty, plan.end - plan.first_dirty);
  const std::uint64_t dirty_bytes = bytes_of(dirty);
  if (dirty_bytes == 0) return std::nullopt;
  plan.dirty_ratio =
      static_cast<double>(dirty_bytes) / static_cast<double>(bytes_of(sealed.first(plan.end)));
  const bool is_worth_it =
      plan.dirty_ratio >= settings.dirty_ratio_min || has_waited_too_long(dirty, settings, now_ms);
  if (!is_worth_it) return std::nullopt;
  return plan;
}

}  // namespace ropewalk::log
