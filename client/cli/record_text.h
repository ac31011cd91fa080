// Records that were read, as lines to print. Pure.
#pragma once

#include <string>
#include <string_view>

#include <ropewalk/types.h>

namespace ropewalk::cli {

// The value and a line break; a missing value is an empty line.
void append_text(std::string& out, const ConsumedRecord& record);

// One JSON object a line: topic, partition, offset, timestamp (ms), key, value, headers. A missing
// key or value is null; bytes that are not UTF-8 come as key_base64 and value_base64 instead.
void append_json(std::string& out, const ConsumedRecord& record);

std::string to_base64(std::string_view bytes);  // With padding (RFC 4648, section 4).

}  // namespace ropewalk::cli
