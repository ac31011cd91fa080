#include "tests/integration/data_folders.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace ropewalk::support {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kOfADirectory = {"lock",     "meta.properties", "clean-stop", "reserve",
                                             "replicas", "partitions",      "quorum"};

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; it != end && !error; it.increment(error))
    names.insert(it->path().filename());
  return names;
}

bool is_segment(const std::string& name) {
  return name.size() == 24 && name.ends_with(".log") &&
         std::all_of(name.begin(), name.begin() + 20, [](char c) { return c >= '0' && c <= '9'; });
}

// An index stands beside its segment; a replacement that was not finished is overwritten by the
// next one, so there is at most one.
std::string stranger_in(const std::string& folder) {
  const auto names = names_in(folder);
  for (const std::string& name : names) {
    const std::string stem = name.substr(0, name.find('.'));
    if (is_segment(name) || name == "checkpoint" || name == "checkpoint.new") continue;
    if (name == stem + ".index" && names.contains(stem + ".log")) continue;
    return folder + "/" + name;
  }
  return "";
}

}  // namespace

std::string orphan_in(const std::vector<std::string>& directories,
                      const std::map<std::string, std::int32_t>& topics) {
  for (const std::string& directory : directories) {
    for (const std::string& name : names_in(directory)) {
      const bool unfinished = name.ends_with(".new");
      const std::string whole = unfinished ? name.substr(0, name.size() - 4) : name;
      if (!kOfADirectory.contains(whole)) return directory + "/" + name;
    }
    for (const std::string& topic : names_in(directory + "/partitions")) {
      const std::string folder = directory + "/partitions/" + topic;
      const auto known = topics.find(topic);
      if (known == topics.end()) return folder;
      // It may be empty: a kill came between making it and the partition's folder in it.
      for (const std::string& partition : names_in(folder)) {
        const bool is_number =
            std::ranges::all_of(partition, [](char c) { return c >= '0' && c <= '9'; });
        if (!is_number || std::stoi(partition) >= known->second) return folder + "/" + partition;
        if (std::string name = stranger_in(folder + "/" + partition); !name.empty()) return name;
      }
    }
  }
  return "";
}

}  // namespace ropewalk::support
