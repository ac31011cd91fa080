#include "client/cli/line_tally.h"

namespace ropewalk::cli {

bool LineTally::failed(std::uint64_t line, const Error& error) {
  const std::lock_guard lock(mutex_);
  if (failures_ == 0 || line < first_line_) {
    first_line_ = line;
    first_ = error;
  }
  return ++failures_ <= kShown;
}

std::uint64_t LineTally::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

Result<void> LineTally::result(std::uint64_t lines) const {
  const std::lock_guard lock(mutex_);
  if (failures_ == 0) return {};
  return within(fmt::format("{} of {} lines failed, first line {}", failures_, lines, first_line_),
                first_);
}

}  // namespace ropewalk::cli
