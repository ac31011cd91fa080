#include "client/cli/escapes.h"

#include <charconv>

namespace ropewalk::cli {
namespace {

std::unexpected<Error> no_escape(std::string_view text) {
  return fail(Errc::invalid_request, "'{}' is no escape; there are {}", text, kEscapes);
}

Result<char> take_hexadecimal(std::string_view& text) {
  constexpr std::size_t kLength = 4;  // Of "\x0A".
  if (text.size() < kLength) return no_escape(text);
  unsigned value = 0;
  const char* end = text.data() + kLength;
  const auto [at, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error != std::errc() || at != end) return no_escape(text.substr(0, kLength));
  text.remove_prefix(kLength);
  return static_cast<char>(value);
}

}  // namespace

Result<char> take_escape(std::string_view& text) {
  constexpr std::string_view kLetters = "nrt0\\";
  constexpr std::string_view kMeanings("\n\r\t\0\\", 5);
  if (text.size() < 2) return no_escape(text);
  if (text[1] == 'x') return take_hexadecimal(text);
  const std::size_t which = kLetters.find(text[1]);
  if (which == std::string_view::npos) return no_escape(text.substr(0, 2));
  text.remove_prefix(2);
  return kMeanings[which];
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '\\') {
      TRY(const char meant, take_escape(text));
      out += meant;
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace ropewalk::cli
