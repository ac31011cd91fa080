// Lines into records to send. Pure.
#pragma once

#include <string>
#include <string_view>

#include "client/cli/options.h"
#include <ropewalk/types.h>

namespace ropewalk::cli {

// The record that a line (without its line break) stands for; the headers for all come behind its
// own. Errors: invalid_record, with what is missing: no separator, no JSON object, no such field;
// invalid_timestamp: a time that is not written as the format says.
Result<Record> record_of_line(const Produce& how, std::string_view line);

// A time written as strptime's format says, UTC unless it has a zone. Errors: invalid_timestamp.
Result<Timestamp> parse_time(const std::string& text, const std::string& format);

}  // namespace ropewalk::cli
