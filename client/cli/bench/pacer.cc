#include "client/cli/bench/pacer.h"

#include <algorithm>
#include <limits>

namespace ropewalk::cli {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
// What was due in time is still sent when the sender wakes up this late; a run that cannot keep up
// with its rate ends all the same.
constexpr std::chrono::seconds kLateness{1};

}  // namespace

Pacer::Pacer(env::MonotonicTime start, BenchLimit limit, std::optional<std::uint64_t> rate)
    : start_(start), limit_(limit), rate_(rate) {}

env::MonotonicTime Pacer::end() const { return limit_.time ? start_ + *limit_.time : env::kNever; }

std::optional<env::MonotonicTime> Pacer::due(std::uint64_t number, env::MonotonicTime now) const {
  if (limit_.records && number >= *limit_.records) return std::nullopt;
  env::MonotonicTime when = now;
  if (rate_) {
    // Whole seconds first: the product would not fit.
    const std::uint64_t rest = number % *rate_ * kNanosecondsPerSecond / *rate_;
    when = start_ + std::chrono::seconds(number / *rate_) + std::chrono::nanoseconds(rest);
  }
  if (when >= end() || (limit_.time && now >= end() + kLateness)) return std::nullopt;
  return when;
}

std::uint64_t Pacer::due_by(env::MonotonicTime now, std::uint64_t sent) const {
  if (!rate_) return sent;
  const auto since = std::max(std::min(now, end()) - start_, env::Duration(0));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto rest = static_cast<std::uint64_t>((since - seconds).count());
  // The one that is due at the very beginning counts, too.
  const std::uint64_t due = static_cast<std::uint64_t>(seconds.count()) * *rate_ +
                            (rest * *rate_ + kNanosecondsPerSecond - 1) / kNanosecondsPerSecond;
  return std::max(
      sent, std::min(due, limit_.records.value_or(std::numeric_limits<std::uint64_t>::max())));
}

}  // namespace ropewalk::cli
