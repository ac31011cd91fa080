// A consumer at work: keeps fetches to the leaders of its partitions on their way and hands what
// they bring to poll().
//
// The application (one thread at a time) enters the public functions; pump() and what it starts run
// on the client's core. The mutex guards the FetchState and nothing else.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/src/core/fetch_state.h"
#include "client/src/core/request_meter.h"
#include "client/src/shell.h"
#include "client/src/shell_timer.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/v1/fetch.pb.h"

namespace ropewalk::client {

class ConsumerShell : public Part, public std::enable_shared_from_this<ConsumerShell> {
 public:
  static std::shared_ptr<ConsumerShell> make(std::shared_ptr<Shell> shell, ConsumerOptions options);

  Result<void> assign(const std::vector<PartitionName>& partitions);
  Result<void> assign_topic(const std::string& topic);
  std::vector<PartitionName> assignment();
  Result<void> seek(const PartitionName& partition, std::int64_t offset);
  Result<void> seek_to(const PartitionName& partition, OffsetReset where);
  Result<void> seek_to_time(const PartitionName& partition, Timestamp from);
  Result<void> set_paused(const std::vector<PartitionName>& partitions, bool paused);
  std::vector<PartitionName> paused();
  ConsumerStatistics statistics();
  Result<Records> poll(std::chrono::nanoseconds timeout);
  Result<std::int64_t> position(const PartitionName& partition);
  Result<std::vector<std::int64_t>> offsets(const std::vector<PartitionName>& of,
                                            OffsetWanted wanted);
  void close();
  void client_closes() override { close(); }

 private:
  ConsumerShell(std::shared_ptr<Shell> shell, ConsumerOptions options);
  void wake();
  void tell_on_consumed(const Records& records);

  // --- Core only ---
  void pump();
  void learn(std::vector<FetchItem> leaderless);
  static Task<void> learn_topics(std::shared_ptr<ConsumerShell> self,
                                 std::vector<FetchItem> leaderless);
  static Task<void> find_positions(std::shared_ptr<ConsumerShell> self,
                                   std::vector<ResetItem> items);
  static Task<void> fetch(std::shared_ptr<ConsumerShell> self, BrokerId broker,
                          std::vector<FetchItem> items);
  Result<void> take_answer(const std::vector<FetchItem>& items, const std::vector<TopicId>& topics,
                           const SharedBytes& body);
  void take_error(const FetchItem& item, const v1::FetchedPartition& said);
  v1::FetchRequest request_for(const std::vector<FetchItem>& items) const;

  const std::shared_ptr<Shell> shell_;
  const ConsumerOptions options_;

  std::mutex mutex_;
  FetchState state_;
  bool closed_ = false;

  RequestMeter requests_;  // Any thread.

  // Core only.
  ShellTimer timer_;
  bool learning_topics_ = false;
};

}  // namespace ropewalk::client
