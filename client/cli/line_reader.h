// Lines of a file or of standard input. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::cli {

class LineReader {
 public:
  // An empty path is standard input. Errors: not_found, permission_denied, invalid_request (a
  // directory), io_error.
  static Result<LineReader> open(const std::string& path);
  ~LineReader();
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;

  // The next line without its line break, good until the next call; nothing at the end. A last line
  // needs no line break. Errors: io_error.
  Result<std::optional<std::string_view>> next();

 private:
  LineReader(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  Result<void> read_more();

  int descriptor_;
  std::string name_;
  std::string buffer_;
  std::size_t begin_ = 0;    // Of what was not given out yet.
  std::size_t scanned_ = 0;  // Up to here there is no line break behind begin_.
  bool ended_ = false;
};

}  // namespace ropewalk::cli
