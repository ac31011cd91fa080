// What became of the lines that `produce` sent.
//
// Deliveries report on the client's I/O thread, lines that are no records on the main one: every
// function may be called on any thread.
#pragma once

#include <cstdint>
#include <mutex>

#include "common/error.h"

namespace ropewalk::cli {

class LineTally {
 public:
  // How many failures are worth a message each.
  static constexpr std::uint64_t kShown = 10;

  // Whether this failure is one of the first few, to be shown.
  bool failed(std::uint64_t line, const Error& error);
  std::uint64_t failures() const;
  // Nothing if no line failed; else how many of `lines`, with the code and the words of the one
  // that stands first.
  Result<void> result(std::uint64_t lines) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t failures_ = 0;
  std::uint64_t first_line_ = 0;
  Error first_;  // Of first_line_.
};

}  // namespace ropewalk::cli
