#include "common/uuid.h"

namespace ropewalk {
namespace {

constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

std::string Uuid::to_base64() const {
  std::string text;
  std::uint32_t pending = 0;
  int pending_bits = 0;
  for (std::uint8_t byte : bytes) {
    pending = (pending << 8) | byte;
    pending_bits += 8;
    while (pending_bits >= 6) {
      pending_bits -= 6;
      text.push_back(kBase64Url[(pending >> pending_bits) & 63]);
    }
  }
  text.push_back(kBase64Url[(pending << (6 - pending_bits)) & 63]);
  return text;
}

std::string Uuid::to_hex() const {
  std::string text;
  for (std::uint8_t byte : bytes) {
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 15]);
  }
  return text;
}

Result<Uuid> Uuid::from_base64(std::string_view text) {
  Uuid uuid;
  std::size_t filled = 0;
  std::uint32_t pending = 0;
  int pending_bits = 0;
  for (char c : text) {
    const std::size_t digit = kBase64Url.find(c);
    if (digit == std::string_view::npos || text.size() != 22)
      return fail(Errc::invalid_request, "'{}' is no id: an id is 22 characters of base64url",
                  text);
    pending = ((pending << 6) | static_cast<std::uint32_t>(digit)) & 0xffffff;
    pending_bits += 6;
    if (pending_bits < 8 || filled == kSize) continue;
    pending_bits -= 8;
    uuid.bytes[filled++] = static_cast<std::uint8_t>(pending >> pending_bits);
  }
  if (uuid.to_base64() != text)
    return fail(Errc::invalid_request, "'{}' is no id: an id is 22 characters of base64url", text);
  return uuid;
}

Result<Uuid> Uuid::from_hex(std::string_view text) {
  Uuid uuid;
  if (text.size() != 2 * kSize)
    return fail(Errc::invalid_request, "'{}' is no id: an id is 32 hex digits", text);
  for (std::size_t i = 0; i < text.size(); i++) {
    const std::size_t digit = kHexDigits.find(text[i]);
    if (digit == std::string_view::npos)
      return fail(Errc::invalid_request, "'{}' is no id: an id is 32 lower hex digits", text);
    uuid.bytes[i / 2] = static_cast<std::uint8_t>(uuid.bytes[i / 2] * 16U + digit);
  }
  return uuid;
}

Result<Uuid> Uuid::from_bytes(std::string_view raw) {
  Uuid uuid;
  if (raw.empty()) return uuid;
  if (raw.size() != kSize)
    return fail(Errc::invalid_request, "an id has 16 bytes, not {}", raw.size());
  std::memcpy(uuid.bytes.data(), raw.data(), kSize);
  return uuid;
}

}  // namespace ropewalk
