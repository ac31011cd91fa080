// What stands in the tree, and how: what the top holds, that every folder says what it is, and that
// no file grows past what one can read.
#include "tests/unit/house/tree.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ropewalk::house {
namespace {

constexpr std::ptrdiff_t kFileLinesMax = 500;
constexpr std::ptrdiff_t kReadmeLinesMin = 5;
constexpr std::ptrdiff_t kReadmeLinesMax = 60;

const std::vector<std::string>& rooms_of_ours() {
  static const std::vector<std::string> tops = {"broker", "client",  "common", "proto",
                                                "tests",  "configs", "docker"};
  return tops;
}

// The inputs of fuzz targets are data; tests/fuzz/README.md speaks for them.
bool is_corpus(const std::string& folder) { return folder.starts_with("tests/fuzz/corpus/"); }

// Folders that hold a file, from the root. Folders of folders need no words of their own.
std::set<std::string> folders_with_content() {
  std::set<std::string> folders;
  for (const std::string& top : rooms_of_ours()) {
    for (const auto& entry : fs::recursive_directory_iterator(source_dir() / top)) {
      if (!entry.is_regular_file()) continue;
      std::string folder = fs::relative(entry.path().parent_path(), source_dir()).generic_string();
      if (!is_corpus(folder)) folders.insert(std::move(folder));
    }
  }
  return folders;
}

TEST(Tree, EveryFolderSaysWhatItIs) {
  const std::set<std::string> folders = folders_with_content();
  EXPECT_GT(folders.size(), 40U);
  for (const std::string& folder : folders) {
    const fs::path readme = source_dir() / folder / "README.md";
    if (!fs::exists(readme)) {
      ADD_FAILURE() << folder << " has no README.md";
      continue;
    }
    const std::ptrdiff_t lines = lines_of(readme);
    EXPECT_GE(lines, kReadmeLinesMin) << readme;
    EXPECT_LE(lines, kReadmeLinesMax) << readme;
    EXPECT_TRUE(text_of(readme).starts_with("# ")) << readme << " has no title";
  }
}

TEST(Tree, NoSourceIsLongerThanOneCanRead) {
  for (const std::string top : {"broker", "client", "common", "tests"}) {
    for (const fs::path& file : sources_below(top))
      EXPECT_LE(lines_of(file), kFileLinesMax) << file << " asks for a split";
  }
}

TEST(Tree, TopHoldsOnlyWhatTheArchitectureNames) {
  const std::set<std::string> allowed = {"broker",
                                         "client",
                                         "common",
                                         "proto",
                                         "tests",
                                         "docker",
                                         "configs",
                                         "build",
                                         "README.md",
                                         "CMakeLists.txt",
                                         "CMakePresets.json",
                                         "LICENSE",
                                         "dev",
                                         "compile_commands.json"};
  for (const auto& entry : fs::directory_iterator(source_dir())) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name.starts_with('.') || allowed.contains(name)) << name;
  }
}

}  // namespace
}  // namespace ropewalk::house
