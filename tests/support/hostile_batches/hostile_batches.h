// The corpus of malformed record batches: what is sent, and the error that has to come back.
//
// Each case is a good batch with one named change, whatever the listener that it comes in by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/error.h"

namespace ropewalk::support {

struct HostileBatch {
  std::string name;
  std::string records;      // What stands where one batch should.
  Errc error = Errc::none;  // None: it looks bad and is not.
};
using HostileBatches = std::vector<HostileBatch>;

// What the broker that gets them may decompress of one batch.
inline constexpr std::size_t kHostileDecompressedMax = std::size_t{4} << 20;

// Every field of the header wrong in every way that means something.
HostileBatches hostile_headers();
// Records that do not fit.
HostileBatches hostile_records();
// Compressed bytes that are none.
HostileBatches hostile_codecs();
// All of these.
HostileBatches hostile_batches();

// Three records without compression, and their number.
std::string good_batch();
inline constexpr std::int32_t kGoodRecords = 3;
// Makes length and checksum right again.
std::string resealed(std::string batch);

}  // namespace ropewalk::support
