// `quorum/state`: what a voter must not forget. Replaced as a whole, durable before it is acted on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::quorum {

inline constexpr std::string_view kStateFile = "state";

struct HardState {
  ClusterId cluster;
  BrokerId node;
  DirectoryId directory;
  Term term;
  BrokerId voted_for = kNoBroker;  // In this term.
  bool operator==(const HardState&) const = default;
};

std::string encode(const HardState& state);
// Errors: corrupt, unsupported_version.
Result<HardState> decode_hard_state(std::string_view bytes);

// None: there is no such file. Errors: corrupt, unsupported_version, io_error.
Task<Result<std::optional<HardState>>> load_hard_state(env::FileSystem& files);
Task<Result<void>> store_hard_state(env::FileSystem& files, HardState state);

}  // namespace ropewalk::quorum
