#include "client/cli/line_reader.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ropewalk::cli {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;

Errc code_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Errc::not_found;
    case EACCES:
    case EPERM:
      return Errc::permission_denied;
    default:
      return Errc::io_error;
  }
}

std::string words_of(int number) { return std::generic_category().message(number); }

}  // namespace

Result<LineReader> LineReader::open(const std::string& path, std::string delimiter) {
  const std::string name = path.empty() ? "standard input" : path;
  const int descriptor =
      path.empty() ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) {
    const int why = errno;
    return fail(code_of(why), "opening {}: {}", name, words_of(why));
  }
  LineReader reader(descriptor, name, std::move(delimiter));
  struct stat what{};
  if (::fstat(descriptor, &what) == 0 && S_ISDIR(what.st_mode))
    return fail(Errc::invalid_request, "{} is a directory, not a file of lines", name);
  return reader;
}

LineReader::~LineReader() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

LineReader::LineReader(LineReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      delimiter_(std::move(other.delimiter_)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      scanned_(other.scanned_),
      ended_(other.ended_) {}

std::size_t LineReader::find_delimiter() const {
  if (delimiter_.empty()) return std::string::npos;
  return delimiter_.size() == 1 ? buffer_.find(delimiter_[0], scanned_)
                                : buffer_.find(delimiter_, scanned_);
}

Result<std::optional<std::string_view>> LineReader::next() {
  for (;;) {
    std::size_t end = find_delimiter();
    const bool whole = end != std::string::npos;
    if (!whole && !ended_) {
      // The buffer may end in the middle of one.
      const std::size_t part = delimiter_.empty() ? 0 : delimiter_.size() - 1;
      scanned_ = std::max(scanned_, buffer_.size() - std::min(part, buffer_.size()));
      TRY_VOID(read_more());
      continue;
    }
    if (!whole && begin_ == buffer_.size()) return std::nullopt;
    if (!whole) end = buffer_.size();
    const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
    begin_ = scanned_ = whole ? end + delimiter_.size() : end;
    return line;
  }
}

Result<void> LineReader::read_more() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  ssize_t got = -1;
  do {
    got = ::read(descriptor_, buffer_.data() + kept, kReadBytes);
  } while (got < 0 && errno == EINTR);
  const int why = errno;
  buffer_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return fail(Errc::io_error, "reading {}: {}", name_, words_of(why));
  ended_ = got == 0;
  return {};
}

}  // namespace ropewalk::cli
