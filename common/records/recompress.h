// What a broker changes in a producer's batch because the topic says so (architecture, D1).
//
// Pure; any thread. The batch given stays as it is: a changed copy comes back.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/records/batch_header.h"
#include "common/records/compression.h"

namespace ropewalk {

// The same records in another codec; of the header only codec, length and checksum change.
// Pre: `batch` is one whole batch that check_batch() and check_records() have passed. Errors:
// message_too_large (more than `uncompressed_bytes_max`), corrupt_message.
Result<std::vector<std::byte>> recompress(ByteSpan batch, const BatchHeader& header, Codec to,
                                          std::optional<int> level,
                                          std::size_t uncompressed_bytes_max);

}  // namespace ropewalk
