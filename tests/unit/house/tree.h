// The tree as the tests of this folder read it. RW_SOURCE_DIR says where it is.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ropewalk::house {

namespace fs = std::filesystem;

fs::path source_dir();
// The .h and .cc files below a folder, which is named from the root.
std::vector<fs::path> sources_below(const std::string& folder);
std::string text_of(const fs::path& file);
std::ptrdiff_t lines_of(const fs::path& file);

}  // namespace ropewalk::house
