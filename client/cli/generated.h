// What `ropewalk completion` and `ropewalk man` print, for options.cc alone: it sees CLI11.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/options.h"

namespace ropewalk::cli {

// Both are for packagers and installers, so that --help does not show them.
class GeneratedText {
 public:
  // After all that is to be completed and described.
  void define(CLI::App& app);
  // What to print, if that was asked for.
  std::optional<Leave> asked(const CLI::App& app) const;

 private:
  CLI::App* completion_ = nullptr;
  CLI::App* man_ = nullptr;
  std::string shell_;
};

}  // namespace ropewalk::cli
