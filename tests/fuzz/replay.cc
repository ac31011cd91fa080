// The plain main of a fuzz target: feeds it files, or writes the inputs that it begins with.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/target.h"

namespace {

namespace fs = std::filesystem;

int write_seeds(const fs::path& folder) {
  fs::create_directories(folder);
  for (const auto& seed : ropewalk::fuzz::seeds()) {
    std::ofstream out(folder / seed.name, std::ios::binary);
    out << seed.bytes;
    if (!out.flush()) {
      std::fprintf(stderr, "cannot write %s\n", (folder / seed.name).c_str());
      return 1;
    }
  }
  return 0;
}

void replay(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  std::fprintf(stderr, "%s\n", file.c_str());  // The last one named is at fault.
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "--write-seeds")
    return write_seeds(arguments[2]);
  std::size_t inputs = 0;
  for (int i = 1; i < count; i++) {
    std::vector<fs::path> files;
    if (fs::is_directory(arguments[i]))
      files.assign(fs::directory_iterator(arguments[i]), fs::directory_iterator());
    else
      files.emplace_back(arguments[i]);
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) replay(file);
    inputs += files.size();
  }
  std::printf("%zu inputs\n", inputs);
  return inputs > 0 ? 0 : 1;  // A corpus that is not found is no success.
}
