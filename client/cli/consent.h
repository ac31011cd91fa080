// Asks before something is done that was shown.
#pragma once

#include <string>

#include "client/cli/options.h"

namespace ropewalk::cli {

// Whether to go on. With a terminal at both ends it is asked for, on stderr: "QUESTION [y/N] ".
// Errors: invalid_request where nobody can be asked, and nothing was said beforehand.
Result<bool> may_go_on(const Consent& consent, const std::string& question);

}  // namespace ropewalk::cli
