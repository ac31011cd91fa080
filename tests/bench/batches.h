// The batches that the loads push, and what taking one apart costs without a broker.
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "common/records/compression.h"
#include "tests/bench/arguments.h"

namespace ropewalk::bench {

// Values like lines of JSON: a codec makes a third to a fifth of them. Plain ones cost the same
// whatever is in them.
SharedBytes build_batch(std::int64_t records, std::int64_t bytes, Codec codec = Codec::none);

// --codec, none if it is not said. Ends the program when there is no such codec.
Codec codec_of(const Arguments& arguments);

// Checks, unpacks and walks a batch of --records records of --bytes bytes in --codec again and
// again, as a broker does. Figures: walk_cpu_s_gb, of payload; packed_share, how much of the
// payload's size the batch has; batch_bytes.
Figures raw_walk(const Arguments& arguments);

// Reads --file, --from there on, and takes its checksum, in pieces of 1 MiB. Figures: seconds,
// cpu_seconds.
Figures raw_scan(const Arguments& arguments);

}  // namespace ropewalk::bench
