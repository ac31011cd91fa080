// What went wrong in a run, from any thread, and whether it is time to end.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ropewalk::load {

class Verdict {
 public:
  // The first fault of a kind is kept with its words, all are counted. A fault ends the run.
  void fault(const std::string& kind, std::string words) {
    std::lock_guard lock(mutex_);
    auto& [count, first] = faults_[kind];
    if (count++ == 0) first = std::move(words);
    ended_ = true;
  }
  void count(const std::string& what, std::uint64_t by = 1) {
    std::lock_guard lock(mutex_);
    counts_[what] += by;
  }
  void end() { ended_ = true; }
  bool ended() const { return ended_; }

  std::map<std::string, std::pair<std::uint64_t, std::string>> faults() const {
    std::lock_guard lock(mutex_);
    return faults_;
  }
  std::map<std::string, std::uint64_t> counts() const {
    std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::pair<std::uint64_t, std::string>> faults_;
  std::map<std::string, std::uint64_t> counts_;
  std::atomic<bool> ended_ = false;
};

}  // namespace ropewalk::load
