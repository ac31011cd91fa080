#include "common/env/tls/pem_file.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ropewalk::env::tls {
namespace {

constexpr off_t kBytesMax = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

std::string words(int error) { return std::generic_category().message(error); }

Result<std::string> read_whole(const NamedFile& file, bool is_secret) {
  // What is no file must not hold the start up: a pipe would.
  const Descriptor opened(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (opened.fd() < 0 || ::fstat(opened.fd(), &status) != 0) return no_use(file, words(errno));
  if (!S_ISREG(status.st_mode)) return no_use(file, "this is no file");
  if (status.st_size > kBytesMax)
    return no_use(file, fmt::format("{} bytes are too many", status.st_size));
  if (is_secret && (status.st_mode & S_IROTH) != 0)
    return no_use(file, fmt::format("everybody on this machine may read the key (its mode is "
                                    "{:04o}): chmod 600 {}",
                                    status.st_mode & 07777U, file.path));
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = ::read(opened.fd(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return no_use(file, words(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  content.resize(have);
  return content;
}

bool write_whole(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

std::unexpected<Error> no_use(const NamedFile& file, std::string_view why) {
  return fail(Errc::invalid_setting, "{} = {}: {}", file.name, file.path, why);
}

Result<std::string> read_certificates(const NamedFile& file) { return read_whole(file, false); }
Result<std::string> read_key(const NamedFile& file) { return read_whole(file, true); }

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) return {};
  return fail(Errc::io_error, "making {}: {}", path, words(errno));
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<void> write_private_file(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  const auto failed = [&path] {
    return fail(Errc::io_error, "writing {}: {}", path, words(errno));
  };
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) return failed();
  const Descriptor made(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (made.fd() < 0 || !write_whole(made.fd(), content) ||
      std::rename(fresh.c_str(), path.c_str()) != 0)
    return failed();
  return {};
}

}  // namespace ropewalk::env::tls
