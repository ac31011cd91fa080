#include "tests/unit/house/tree.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace ropewalk::house {

fs::path source_dir() {
  const char* dir = std::getenv("RW_SOURCE_DIR");
  return dir == nullptr ? fs::current_path() : fs::path(dir);
}

std::vector<fs::path> sources_below(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(source_dir() / folder)) {
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cc")
      found.push_back(entry.path());
  }
  return found;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::ptrdiff_t lines_of(const fs::path& file) {
  const std::string text = text_of(file);
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace ropewalk::house
