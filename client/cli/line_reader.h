// Lines of a file or of standard input, or what stands between other delimiters. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::cli {

class LineReader {
 public:
  // An empty path is standard input; without a delimiter all of it is one line. Errors: not_found,
  // permission_denied, invalid_request (a directory), io_error.
  static Result<LineReader> open(const std::string& path, std::string delimiter = "\n");
  ~LineReader();
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;

  // The next line without its delimiter, good until the next call; nothing at the end. A last line
  // needs no delimiter, but one byte at least. Errors: io_error.
  Result<std::optional<std::string_view>> next();

 private:
  LineReader(int descriptor, std::string name, std::string delimiter)
      : descriptor_(descriptor), name_(std::move(name)), delimiter_(std::move(delimiter)) {}
  std::size_t find_delimiter() const;  // From scanned_ on.
  Result<void> read_more();

  int descriptor_;
  std::string name_;
  std::string delimiter_;
  std::string buffer_;
  std::size_t begin_ = 0;    // Of what was not given out yet.
  std::size_t scanned_ = 0;  // No delimiter begins before here, behind begin_.
  bool ended_ = false;
};

}  // namespace ropewalk::cli
