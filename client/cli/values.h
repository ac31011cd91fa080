// Values on the command line, out of text. Pure.
//
// All errors are invalid_request and say what is wrong and what would be right, without the name of
// the option.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/options.h"

namespace ropewalk::cli {

// Inclusive.
struct NumberRange {
  std::int64_t least;
  std::int64_t most;
};
// Decimal digits, at most with a minus in front: neither 0x10 nor 1e3, and nothing that does not
// fit.
Result<std::int64_t> parse_number(std::string_view text, NumberRange range);

// "@1700000000000" (milliseconds) or RFC 3339 ("2026-11-25T15:04:05Z", "2026-11-25 15:04:05+01:00";
// without a zone it is UTC).
Result<Timestamp> parse_moment(const std::string& text);

// "beginning", "end", an offset, "-N" (N from 1), or a moment.
Result<ConsumeStart> parse_start(const std::string& text);

// "KEY=VALUE"; "KEY=" has an empty value, "KEY" none. Never fails: any text is one.
Header parse_header(std::string_view text);

// "HOST:PORT,HOST:PORT": at least one.
Result<std::vector<std::string>> parse_brokers(std::string_view text);

}  // namespace ropewalk::cli
