#include "broker/tools/progress_line.h"

#include <fmt/format.h>

namespace ropewalk::tools {
namespace {

constexpr std::string_view kToLineStart = "\r\x1b[K";  // And erases what stands there.

}  // namespace

bool ProgressLine::is_due(env::MonotonicTime now) const {
  if (!write_ || now < began_ + kQuietFor) return false;
  return !shown_ || now >= *shown_ + kEvery;
}

void ProgressLine::show(std::string_view text, env::MonotonicTime now) {
  if (!is_due(now)) return;
  write_(fmt::format("{}{}", kToLineStart, text));
  shown_ = now;
  visible_ = true;
}

void ProgressLine::clear() {
  if (visible_) write_(kToLineStart);
  visible_ = false;
}

}  // namespace ropewalk::tools
