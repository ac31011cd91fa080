#include "client/cli/values.h"

#include <charconv>
#include <limits>

#include "client/cli/line_record.h"
#include "common/env/network.h"

namespace ropewalk::cli {
namespace {

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kDigits = "0123456789";
// Of "2026-11-25 15:04:05": a fraction of a second stands behind it.
constexpr std::size_t kSecondsEnd = 19;

std::unexpected<Error> no_moment(std::string_view text) {
  return fail(Errc::invalid_request,
              "'{}' is no time: @MILLISECONDS, or as in 2026-01-31T12:00:00Z", text);
}

// Cuts the fraction of a second out of the text, which strptime does not know.
Result<std::chrono::milliseconds> take_fraction(std::string& text) {
  if (text.size() <= kSecondsEnd || text[kSecondsEnd] != '.') return std::chrono::milliseconds(0);
  const std::size_t end = std::min(text.find_first_not_of(kDigits, kSecondsEnd + 1), text.size());
  std::string digits = text.substr(kSecondsEnd + 1, end - kSecondsEnd - 1);
  if (digits.empty()) return no_moment(text);
  digits.resize(3, '0');
  TRY(const std::int64_t milliseconds, parse_number(digits, {0, 999}));
  text.erase(kSecondsEnd, end - kSecondsEnd);
  return std::chrono::milliseconds(milliseconds);
}

}  // namespace

Result<std::int64_t> parse_number(std::string_view text, NumberRange range) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < range.least ||
      number > range.most)
    return fail(Errc::invalid_request, "'{}' is not a number from {} to {}", text, range.least,
                range.most);
  return number;
}

Result<Timestamp> parse_moment(const std::string& text) {
  if (text.starts_with('@')) {
    const auto number = parse_number(std::string_view(text).substr(1),
                                     {std::numeric_limits<std::int64_t>::min(), kInt64Max});
    if (!number) return no_moment(text);
    return Timestamp(std::chrono::milliseconds(*number));
  }
  std::string parts = text;
  if (parts.size() > 10 && (parts[10] == 'T' || parts[10] == 't')) parts[10] = ' ';
  auto fraction = take_fraction(parts);
  if (!fraction) return no_moment(text);
  if (!parts.empty() && (parts.back() == 'z' || parts.back() == 'Z')) parts.pop_back();
  for (const char* format : {"%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"}) {
    const auto time = parse_time(parts, format);
    if (time) return *time + *fraction;
  }
  return no_moment(text);
}

Result<ConsumeStart> parse_start(const std::string& text) {
  if (text == "beginning") return ConsumeStart{.from = From::beginning};
  if (text == "end") return ConsumeStart{.from = From::end};
  if (text.starts_with('-')) {
    if (const auto count = parse_number(std::string_view(text).substr(1), {1, kInt64Max}))
      return ConsumeStart{.from = From::last, .count = *count};
  } else if (const auto offset = parse_number(text, {0, kInt64Max})) {
    return ConsumeStart{.from = From::offset, .offset = *offset};
  }
  if (const auto moment = parse_moment(text))
    return ConsumeStart{.from = From::time, .time = *moment};
  return fail(Errc::invalid_request,
              "'{}' is neither beginning, end, an offset (0 to {}), -N (the last N) nor a time "
              "(@MILLISECONDS, or as in 2026-01-31T12:00:00Z)",
              text, kInt64Max);
}

Header parse_header(std::string_view text) {
  const std::size_t equals = text.find('=');
  Header header{std::string(text.substr(0, equals)), std::nullopt};
  if (equals != std::string_view::npos) header.value = std::string(text.substr(equals + 1));
  return header;
}

Result<std::vector<std::string>> parse_brokers(std::string_view text) {
  std::vector<std::string> brokers;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.empty()) continue;
    TRY(const env::Endpoint endpoint, env::Endpoint::parse(item));
    if (endpoint.port == 0)
      return fail(Errc::invalid_request,
                  "'{}': nobody is reached at port 0; a broker's is 1 to "
                  "65535",
                  item);
    brokers.emplace_back(item);
  }
  if (brokers.empty()) return fail(Errc::invalid_request, "no address named; expected HOST:PORT");
  return brokers;
}

}  // namespace ropewalk::cli
