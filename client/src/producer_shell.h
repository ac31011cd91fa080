// A producer at work: carries batches from the accumulator to the partitions' leaders and answers
// back.
//
// Application threads enter send() and flush(); everything else runs on the client's core. The
// mutex guards the accumulator and nothing else; no callback runs under it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "client/src/core/accumulator.h"
#include "client/src/core/request_meter.h"
#include "client/src/shell.h"
#include "client/src/shell_timer.h"
#include "ropewalk/producer.h"

namespace ropewalk::client {

class ProducerShell : public Part, public std::enable_shared_from_this<ProducerShell> {
 public:
  static std::shared_ptr<ProducerShell> make(std::shared_ptr<Shell> shell, ProducerOptions options);

  Delivery send(Record&& record);
  Result<void> flush(std::chrono::nanoseconds timeout);
  Result<void> close(std::chrono::nanoseconds timeout);
  ProducerStatistics statistics();
  void client_closes() override;

 private:
  struct Sending;

  ProducerShell(std::shared_ptr<Shell> shell, ProducerOptions options);
  void fail_all(const Error& error);
  // A record that was not taken; tells the delivery.
  Delivery refuse(const Record& record, Error error);
  // on_delivered first, then the deliveries.
  void tell(Decided& decided);
  // Tells all deliveries that the accumulator has decided.
  void complete_decided();
  void complete(std::vector<Decided> decided);
  // Asks the core to look when something is due earlier than it meant to. Any thread.
  void wake_at(env::MonotonicTime due);
  // Whether the core must be woken for it. Under the mutex.
  bool look_by(env::MonotonicTime due);
  void wake();

  // --- Core only ---
  // Looks what is due, starts requests for it, and says when to look again.
  void pump();
  void learn(std::vector<std::string> topics);
  static Task<void> learn_topics(std::shared_ptr<ProducerShell> self,
                                 std::vector<std::string> topics);
  static Task<void> learn_identity(std::shared_ptr<ProducerShell> self);
  Result<void> seal_all(Sending& sending);
  Link::Encode encode(std::shared_ptr<Sending> sending) const;
  Patience patience_for(const std::shared_ptr<Sending>& sending) const;
  static Task<void> produce(std::shared_ptr<ProducerShell> self, std::shared_ptr<Sending> sending);
  void answered(Sending& sending, const wire::ResponseFrame& reply);
  // `certain`: nothing of it was stored.
  void failed(Sending& sending, const Error& error, bool certain);
  void leader_moved(const PartitionName& partition);

  const std::shared_ptr<Shell> shell_;
  const ProducerOptions options_;
  const Result<void> usable_;  // What is wrong with the options.

  std::mutex mutex_;
  Accumulator accumulator_;
  env::MonotonicTime next_look_ = env::kNever;  // When the core will look by itself.

  // Any thread.
  const Clock clock_ = [this] { return shell_->now(); };
  std::atomic<std::uint64_t> completed_{0};  // Deliveries of the accumulator that were told.
  RequestMeter requests_;
  std::atomic<std::uint64_t> bytes_sent_{0};
  std::atomic<std::uint64_t> refused_{0};  // Records that were not taken.

  // Core only.
  ShellTimer timer_;
  std::map<BrokerId, std::size_t> in_flight_;  // Requests.
  bool learning_topics_ = false;
  bool learning_identity_ = false;
  std::map<std::string, env::MonotonicTime> missing_since_;  // Topics that no broker knows.
};

}  // namespace ropewalk::client
