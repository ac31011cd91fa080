// Records and their protobuf messages, one to one. For the codec only: protobuf headers stay out of
// the rest.
#pragma once

#include "broker/metadata/records.h"
#include "common/error.h"
#include "ropewalk/internal/metadata_records.pb.h"

namespace ropewalk::metadata {

inline constexpr std::int32_t kRecordVersion = 1;

internal::MetadataRecord to_message(const Record& record);
// Errors: corrupt, unsupported_version.
Result<Record> from_message(const internal::MetadataRecord& message);

}  // namespace ropewalk::metadata
