#include "common/env/file.h"

namespace ropewalk::env {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Task<Result<void>> write_whole(FileSystem& files, std::string path, std::string content) {
  CO_TRY(FilePtr file, co_await files.open(path, OpenMode::create_or_truncate));
  const ByteSpan pieces[] = {as_bytes(content)};
  CO_TRY_VOID(file->write_at(0, pieces));
  co_return co_await file->sync();
}

}  // namespace

Task<Result<std::string>> read_file(FileSystem& files, std::string path, std::size_t limit) {
  CO_TRY(FilePtr file, co_await files.open(path, OpenMode::read_only));
  CO_TRY(const std::uint64_t size, file->size());
  if (size > limit)
    co_return fail(Errc::budget_exceeded, "{}/{} has {} bytes, more than the {} that it may have",
                   files.name(), path, size, limit);
  std::string content(static_cast<std::size_t>(size), '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    MutableByteSpan rest(reinterpret_cast<std::byte*>(content.data()) + filled,
                         content.size() - filled);
    CO_TRY(const std::size_t count, co_await file->read_at(filled, rest));
    if (count == 0) break;  // It became shorter meanwhile.
    filled += count;
  }
  content.resize(filled);
  co_return content;
}

Task<Result<void>> replace_file(FileSystem& files, std::string path, std::string content) {
  const std::string beside = path + ".new";
  auto written = co_await write_whole(files, beside, std::move(content));
  if (!written) {
    co_await files.remove(beside);  // Nobody looks at it, and the disk may be full.
    co_return written;
  }
  CO_TRY_VOID(co_await files.rename(beside, path));
  co_return co_await files.sync_directory(folder_of(path));
}

}  // namespace ropewalk::env
