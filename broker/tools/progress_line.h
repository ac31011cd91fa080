// A line on a terminal that says how far something is, once it takes long. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "common/env/time.h"

namespace ropewalk::tools {

class ProgressLine {
 public:
  static constexpr auto kQuietFor = std::chrono::seconds(1);
  static constexpr auto kEvery = std::chrono::milliseconds(200);

  // `write` puts bytes on the terminal; empty where there is none.
  ProgressLine(std::function<void(std::string_view)> write, env::MonotonicTime began)
      : write_(std::move(write)), began_(began) {}

  // Whether a text would be shown now: making it may cost more than what is counted.
  bool is_due(env::MonotonicTime now) const;
  void show(std::string_view text, env::MonotonicTime now);
  // Takes the line away: before other lines, and at the end.
  void clear();

 private:
  std::function<void(std::string_view)> write_;
  env::MonotonicTime began_;
  std::optional<env::MonotonicTime> shown_;
  bool visible_ = false;
};

}  // namespace ropewalk::tools
