// The annotated example file, from the definitions.
#pragma once

#include <string>
#include <string_view>

#include "common/settings/definition.h"

namespace ropewalk::settings {

// Every setting with its help, what it accepts and its default, all commented out: the file as
// printed changes nothing. `preamble` stands on top, as comment.
std::string annotated_file(const Schema& schema, std::string_view preamble);

}  // namespace ropewalk::settings
