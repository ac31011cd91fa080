#include "client/cli/consent.h"

#include <cstdio>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

namespace ropewalk::cli {

Result<bool> may_go_on(const Consent& consent, const std::string& question) {
  if (consent.dry_run) return false;
  if (consent.yes) return true;
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1)
    return fail(Errc::invalid_request,
                "nothing was changed: --yes does it, --dry-run only shows it (there is no terminal "
                "to ask at)");
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace ropewalk::cli
