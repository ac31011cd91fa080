#include "broker/log/checked_file.h"

#include "common/bytes.h"
#include "common/records/crc32c.h"

namespace ropewalk::log {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kEnvelopeBytes = kMagicBytes + 12;

}  // namespace

std::string seal_content(std::string_view magic, std::uint32_t version, std::string_view content) {
  ENSURE(magic.size() == kMagicBytes, "a magic of {} bytes", magic.size());
  std::string bytes(kEnvelopeBytes, '\0');
  auto* at = reinterpret_cast<std::byte*>(bytes.data());
  std::memcpy(at, magic.data(), kMagicBytes);
  store_be(at + 8, version);
  store_be(at + 12, static_cast<std::uint32_t>(content.size()));
  store_be(at + 16, crc32c(as_bytes(content)));
  bytes += content;
  return bytes;
}

Result<CheckedContent> open_content(std::string_view magic, std::uint32_t version_max,
                                    std::string_view bytes) {
  if (bytes.size() < kEnvelopeBytes || !bytes.starts_with(magic))
    return fail(Errc::corrupt, "{} bytes that do not begin with {}", bytes.size(), magic);
  const std::byte* at = as_bytes(bytes).data();
  CheckedContent result;
  result.version = load_be<std::uint32_t>(at + 8);
  if (result.version == 0 || result.version > version_max)
    return fail(Errc::unsupported_version, "{} of version {}", magic, result.version);
  const std::string_view content = bytes.substr(kEnvelopeBytes);
  if (load_be<std::uint32_t>(at + 12) != content.size() ||
      load_be<std::uint32_t>(at + 16) != crc32c(as_bytes(content)))
    return fail(Errc::corrupt, "{}: {} bytes of content do not check", magic, content.size());
  result.content = content;
  return result;
}

}  // namespace ropewalk::log
