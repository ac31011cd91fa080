// A folder of a test, gone with it unless somebody should look into it.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <stdlib.h>

#include "common/error.h"

namespace ropewalk::support {

class TemporaryDirectory {
 public:
  // Below the system's folder for such, its name begins with "rw-NAME-".
  explicit TemporaryDirectory(std::string_view name)
      : path_(std::filesystem::temp_directory_path() / fmt::format("rw-{}-XXXXXX", name)) {
    ENSURE(mkdtemp(path_.data()) != nullptr, "no temporary folder {}", path_);
  }
  ~TemporaryDirectory() {
    if (kept_)
      std::fprintf(stderr, "kept: %s\n", path_.c_str());
    else
      std::filesystem::remove_all(path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return fmt::format("{}/{}", path_, name); }
  // Stays, and its path is printed, if the test has failed.
  void keep_if(bool has_failed) { kept_ = has_failed; }

 private:
  std::string path_;
  bool kept_ = false;
};

}  // namespace ropewalk::support
