// What `ropewalkd completion` and `ropewalkd man` print. Pure.
#pragma once

#include <string>

namespace ropewalk::tools {

std::string daemon_bash_completion();
std::string daemon_zsh_completion();
std::string daemon_man_page();
// Of the file of settings: ropewalkd.conf(5).
std::string settings_man_page();

}  // namespace ropewalk::tools
