// Records that were read, as lines of JSON. Pure.
#pragma once

#include <string>
#include <string_view>

#include <ropewalk/types.h>

namespace ropewalk::cli {

// One JSON object a line: topic, partition, offset, timestamp (ms), key, value, headers. A missing
// key or value is null; bytes that are not UTF-8 come as key_base64 and value_base64 instead.
void append_json(std::string& out, const ConsumedRecord& record);

}  // namespace ropewalk::cli
