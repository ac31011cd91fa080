// Lines that `consume --format json` printed (record_text.h), back into records. Pure.
#pragma once

#include <string_view>

#include <ropewalk/types.h>

namespace ropewalk::cli {

// `value` must be there, `key`, `headers` and `timestamp` may be missing; bytes stand as text, as
// null, or as base64 in the field of that name. Where the record stood (topic, partition, offset)
// is left aside. Errors: invalid_record, with what is wrong: also for fields of other names, which
// would get lost.
Result<Record> record_of_json(std::string_view line);

}  // namespace ropewalk::cli
