// Which apis and versions the native listener serves.
#pragma once

#include <span>

#include "common/wire/conversation.h"

namespace ropewalk::native {

// What Negotiate answers with. Authenticate joins when brokers authenticate.
std::span<const wire::ApiRange> served_apis();

}  // namespace ropewalk::native
