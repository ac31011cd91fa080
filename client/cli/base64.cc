#include "client/cli/base64.h"

#include <cstdint>

namespace ropewalk::cli {
namespace {

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t present = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; j++)
      group = (group << 8) | (j < present ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; j++)
      out += j <= present ? kBase64Digits[(group >> (18 - 6 * j)) & 63] : '=';
  }
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  std::string_view digits = text;
  while (text.size() - digits.size() < 2 && digits.ends_with('=')) digits.remove_suffix(1);
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;  // Those behind the last whole byte, at the low end.
  unsigned count = 0;      // Of them.
  for (const char digit : digits) {
    const std::size_t value = kBase64Digits.find(digit);
    if (value == std::string_view::npos)
      return fail(Errc::invalid_request, "'{}' is no digit of base64", digit);
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
    bits &= (1U << count) - 1;
  }
  if (text.size() % 4 != 0 || count >= 6 || bits != 0)
    return fail(Errc::invalid_request, "base64 that ends too early, or is not padded");
  return out;
}

}  // namespace ropewalk::cli
