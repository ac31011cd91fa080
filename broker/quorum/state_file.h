// `quorum/state`: what a voter must not forget. Replaced as a whole, durable before it is acted on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/quorum/raft/hard_state.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::quorum {

inline constexpr std::string_view kStateFile = "state";

std::string encode(const HardState& state);
// Errors: corrupt, unsupported_version.
Result<HardState> decode_hard_state(std::string_view bytes);

// None: there is no such file. Errors: corrupt, unsupported_version, io_error.
Task<Result<std::optional<HardState>>> load_hard_state(env::FileSystem& files);
Task<Result<void>> store_hard_state(env::FileSystem& files, HardState state);

}  // namespace ropewalk::quorum
