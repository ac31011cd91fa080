// Changes that go on while the broker is killed again and again, and what was answered of them:
// topics are made and deleted, a setting is changed, records are deleted. Whatever went without an
// answer may or may not have come to pass.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/error.h"
#include "tests/support/native_client.h"

namespace ropewalk::support {

class Changes {
 public:
  struct Options {
    std::function<std::uint16_t()> port;  // Where the broker is now; 0 while there is none.
    std::string topic_id;  // Whose setting changes, and of whose partition 0 records are deleted.
  };
  explicit Changes(Options options);
  ~Changes();

  // Makes no more changes; ends the threads.
  void finish();

  // Holds what the broker says against what it answered: "" or what is wrong. Waits until no change
  // is under way; Options::port gives 0 meanwhile.
  std::string judge(NativeClient& client);

  struct Counts {
    std::uint64_t made = 0, removed = 0, set = 0, deleted_up_to = 0, unanswered = 0;
  };
  Counts counts() const { return counts_; }  // After finish().

 private:
  struct Topic {
    bool made = false;  // As answered; the same for the others.
    bool filled = false;
    bool removal_asked = false;
    bool removed = false;
  };
  using Step = Result<void> (Changes::*)(NativeClient&);

  void work(Step step);
  Result<void> come_and_go(NativeClient& client);
  Result<void> fill(NativeClient& client, const std::string& topic_id);
  Result<void> set(NativeClient& client);
  Result<void> delete_some(NativeClient& client);
  std::string judge_topics(NativeClient& client);
  std::string judge_begin(NativeClient& client);

  const Options options_;
  std::shared_mutex idle_;  // Shared by those who are at it.
  std::atomic<bool> finishing_ = false;
  std::atomic<std::uint64_t> unanswered_ = 0;
  // Each of its own thread, and of judge().
  std::map<std::string, Topic> topics_;
  int next_topic_ = 0;
  std::int64_t setting_asked_ = 0;
  std::int64_t setting_answered_ = 0;
  std::int64_t begin_answered_ = 0;
  Counts counts_;
  std::vector<std::thread> threads_;
};

// The 16 bytes of an id as the name of a folder.
std::string folder_name(const std::string& topic_id);
// The first offset of a partition, and one past its last.
struct Bounds {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
Result<Bounds> bounds_of(NativeClient& client, const std::string& topic_id, std::int32_t partition);
// By folder name, with the number of partitions.
Result<std::map<std::string, std::int32_t>> all_topics(NativeClient& client);
Result<void> set_topic(NativeClient& client, const std::string& topic_id,
                       const std::map<std::string, std::string>& settings);

}  // namespace ropewalk::support
