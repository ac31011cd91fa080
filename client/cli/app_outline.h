// The command line as an outline (common/outline), for options.cc alone: it sees CLI11.
#pragma once

#include <CLI/CLI.hpp>

#include "common/outline/outline.h"

namespace ropewalk::cli {

// Without what is hidden, which has an empty group.
outline::Command outline_of(const CLI::App& app);

}  // namespace ropewalk::cli
