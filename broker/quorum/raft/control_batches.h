// The quorum's own entries: control batches (attribute bit 5) whose key says the type.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/env/network.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::quorum {

inline constexpr std::int16_t kTermStartType = 2;
inline constexpr std::int16_t kVotersType = 6;

struct Voter {
  BrokerId id;
  DirectoryId directory;
  env::Endpoint endpoint;
  auto operator<=>(const Voter&) const = default;
};
using Voters = std::vector<Voter>;  // Ordered by id.

// The first entry of a leader in its term.
SharedBytes term_start_batch(BrokerId leader, std::int64_t timestamp);
// Who votes from this entry on. A pure function of its arguments: entry 1 of the first term is the
// same on every voter that was formatted alike.
SharedBytes voters_batch(const Voters& voters, std::int64_t timestamp);

std::string encode_voters(const Voters& voters);
Result<Voters> decode_voters(std::string_view bytes);

// What a control batch says about voters; none if it is of another type. Errors: corrupt_message,
// corrupt, unsupported_version.
Result<std::optional<Voters>> voters_in(ByteSpan batch);

}  // namespace ropewalk::quorum
