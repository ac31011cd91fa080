// Which open logical files stand behind which path, so that a file whose descriptor was given up is
// found again after a rename, and one that loses its name keeps its descriptor.
//
// Not thread-safe by itself: everything is called under `lock`: shared to open a file by its name,
// exclusive to change names.
#pragma once

#include <map>
#include <shared_mutex>
#include <string>
#include <vector>

namespace ropewalk::env::real {

class PosixFile;

class FileNames {
 public:
  using Entry = std::multimap<std::string, PosixFile*>::iterator;

  std::shared_mutex lock;

  Entry add(std::string path, PosixFile* file) { return files_.emplace(std::move(path), file); }
  void remove(Entry entry) { files_.erase(entry); }

  // The files at the path itself, and below it if it is a directory.
  std::vector<Entry> at_or_below(const std::string& path) {
    std::vector<Entry> found;
    auto [first, last] = files_.equal_range(path);
    for (auto it = first; it != last; ++it) found.push_back(it);
    const std::string below = path + "/";
    for (auto it = files_.lower_bound(below); it != files_.end() && it->first.starts_with(below);
         ++it)
      found.push_back(it);
    return found;
  }

 private:
  std::multimap<std::string, PosixFile*> files_;
};

}  // namespace ropewalk::env::real
