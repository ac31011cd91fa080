// Records to bytes and back: a protobuf MetadataBatch (proto/ropewalk/internal), and around it the
// record batch with one record that is an entry of the metadata log (M1).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/metadata/records.h"
#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::metadata {

std::string encode_records(std::span<const Record> records);
// Errors: corrupt, unsupported_version (a kind or version that this build does not know: it must
// not go on as if it were not there).
Result<std::vector<Record>> decode_records(std::string_view bytes);

// Base offset and leader epoch are the quorum's to stamp. `timestamp`: milliseconds since 1970.
SharedBytes encode_entry(std::span<const Record> records, std::int64_t timestamp);
// None: a control batch, the quorum's own. Errors: as above.
Result<std::optional<std::vector<Record>>> decode_entry(ByteSpan batch);

// One record for people, as one line of JSON.
std::string describe_record(const Record& record);

}  // namespace ropewalk::metadata
