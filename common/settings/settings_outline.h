// A daemon's settings as flags, in the form that completion and manual pages are made of, and as
// the page of its file.
#pragma once

#include <string>
#include <vector>

#include "common/outline/man_page.h"
#include "common/outline/outline.h"
#include "common/settings/command_line.h"
#include "common/settings/definition.h"

namespace ropewalk::settings {

// The flags that load() takes for this program, those that its --help shows.
std::vector<outline::Option> options_of(const Schema& schema, const Program& program);

// The settings by their headings, as the file has them.
std::vector<outline::Section> file_sections(const Schema& schema);

}  // namespace ropewalk::settings
