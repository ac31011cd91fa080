// Our errors as Kafka's clients know them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error.h"

namespace ropewalk::kafka {

// Kafka's number. For what only we have, the one whose clients do what is right here: try again,
// look for the leader again, or give up.
std::int16_t code_of(Errc code);
inline std::int16_t code_of(const Error& error) { return code_of(error.code); }

// What Kafka says of a transaction's batch in a request without a transactional id.
inline constexpr std::int16_t kTransactionalIdAuthorizationFailed = 53;

// What was wrong, for replies with room for words; none where nothing was. Of a bounded length:
// it may quote what the peer has sent.
std::optional<std::string> text_of(const Error& error);

}  // namespace ropewalk::kafka
