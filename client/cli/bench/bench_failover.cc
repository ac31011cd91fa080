#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <thread>

#include "client/cli/bench/ack_gaps.h"
#include "client/cli/bench/bench_commands.h"
#include "client/cli/bench/bench_run.h"
#include "client/cli/bench/failover_report.h"
#include "client/cli/bench/interrupt_watch.h"
#include "client/cli/bench/pacer.h"
#include "client/cli/bench/sent_records.h"
#include "client/cli/bench/shell_command.h"
#include "client/cli/commands.h"
#include "client/cli/partition_offsets.h"
#include "client/cli/read_ranges.h"
#include "common/env/program_time.h"
#include <ropewalk/consumer.h>

namespace ropewalk::cli {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::milliseconds kReadBackWait{200};
// Between being whole and a kill: acknowledgements come steadily by then.
constexpr std::chrono::seconds kCalm{1};

// At the front of each value: records of others may come between.
struct FailoverMark {
  std::uint64_t run = 0;
  std::uint64_t number = 0;
};

// What the threads share, the client's I/O thread also when the producer has closed.
struct Failover {
  Failover(std::size_t partitions, env::MonotonicTime start)
      : gaps(partitions, start), records(partitions) {}

  const std::uint64_t run = std::random_device()();
  AckGaps gaps;
  SentRecords records;
  std::atomic<bool> over{false};
};
using FailoverPtr = std::shared_ptr<Failover>;

void send_next(Producer& producer, const BenchLoad& load, const Payloads& payloads,
               const FailoverPtr& failover) {
  const SentRecords::Next next = failover->records.begin();
  std::string value = payloads.value(next.number);
  const FailoverMark mark{failover->run, next.number};
  std::memcpy(value.data(), &mark, sizeof mark);
  producer.send({.topic = load.topic, .value = std::move(value), .partition = next.partition})
      .then([failover, next](const Result<Delivered>& delivered) {
        if (!delivered) return failover->records.failed();
        failover->records.acknowledged(next.number);
        failover->gaps.acknowledged(static_cast<std::size_t>(next.partition), env::program_now());
      });
}

void send_steadily(Producer& producer, const BenchLoad& load, const FailoverPtr& failover) {
  const Payloads payloads(load.record_bytes);
  const Pacer pacer(env::program_now(), {}, load.rate);
  for (std::uint64_t sent = 0; !failover->over; sent++) {
    const auto due = pacer.due(sent, env::program_now());
    if (!due) return;
    env::program_sleep_until(*due);
    send_next(producer, load, payloads, failover);
  }
}

bool is_whole(const DescribedTopic& topic) {
  return std::ranges::all_of(topic.partitions, [](const DescribedPartition& partition) {
    return partition.leader >= 0 && partition.in_sync_replicas.size() == partition.replicas.size();
  });
}

// The kills of a run, on the main thread.
class Kills {
 public:
  Kills(Client& client, const BenchFailover& command, const InterruptWatch& watch,
        Failover& failover)
      : admin_(client), command_(command), watch_(watch), failover_(failover) {}

  Result<void> round(std::vector<FailoverRound>& rounds) {
    TRY_VOID(wait_until_whole());
    TRY_VOID(wait(kCalm));
    FailoverRound round;
    TRY_VOID(choose(round));
    failover_.gaps.begin_window();
    TRY_VOID(run_with(command_.kill_command, round.broker));
    TRY_VOID(wait(command_.down));
    round.gap = failover_.gaps.longest(env::program_now());
    rounds.push_back(round);
    if (command_.kill_command.empty()) return {};
    failover_.gaps.begin_window();
    TRY_VOID(run_with(command_.restart_command, round.broker));
    TRY_VOID(wait_until_whole());
    rounds.back().return_gap = failover_.gaps.longest(env::program_now());
    return {};
  }

 private:
  Result<void> wait(env::Duration time) {
    const env::MonotonicTime until = env::program_now() + time;
    while (env::program_now() < until) {
      if (watch_.has_seen_one()) return fail(interrupted());
      env::program_sleep_until(std::min(until, env::program_now() + kLook));
    }
    return {};
  }

  Result<DescribedTopic> describe() {
    TRY(std::vector<DescribedTopic> described, admin_.describe_topics({command_.load.topic}));
    return std::move(described.front());
  }

  // Brokers are on their way: that they do not answer passes.
  Result<void> wait_until_whole() {
    const env::MonotonicTime until = env::program_now() + command_.load.timeout;
    for (;;) {
      const auto topic = describe();
      if (topic && is_whole(*topic)) return {};
      if (!topic && !is_retriable(topic.error().code)) return fail(topic.error());
      if (env::program_now() > until)
        return fail(Errc::request_timed_out, "not all replicas of {} are in sync after {} ms",
                    command_.load.topic, command_.load.timeout.count());
      TRY_VOID(wait(kLook));
    }
  }

  Result<void> choose(FailoverRound& round) {
    if (command_.kill_command.empty()) return {};
    TRY(const ClusterStatus status, admin_.cluster_status());
    TRY(const DescribedTopic topic, describe());
    for (const DescribedPartition& partition : topic.partitions) {
      round.broker = partition.leader;
      round.was_controller = partition.leader == status.controller_id;
      if (command_.victim == Victim::any ||
          round.was_controller == (command_.victim == Victim::controller))
        return {};
    }
    return fail(Errc::invalid_request, "no leader of {} {} the controller (broker {})",
                command_.load.topic, command_.victim == Victim::controller ? "is" : "is not",
                status.controller_id);
  }

  static Result<void> run_with(const std::string& words, std::int32_t broker) {
    if (words.empty()) return {};
    return run_in_shell(with_placeholder(words, "broker", fmt::format("{}", broker)));
  }

  Admin admin_;
  const BenchFailover& command_;
  const InterruptWatch& watch_;
  Failover& failover_;
};

Result<void> read_back(Client& client, const BenchFailover& command,
                       const std::vector<PartitionSpan>& before, Failover& failover) {
  Admin admin(client);
  TRY(const std::vector<PartitionSpan> after, spans_of(admin, command.load.topic, std::nullopt));
  ReadRanges ranges;
  for (std::size_t i = 0; i < after.size(); i++)
    ranges.add(after[i].partition, before[i].end, after[i].end);
  Consumer consumer(client);
  TRY_VOID(ranges.begin(consumer));
  env::MonotonicTime last = env::program_now();
  while (!ranges.done()) {
    TRY(const Records records, consumer.poll(kReadBackWait));
    for (const ConsumedRecord& record : records) {
      FailoverMark mark;
      const std::string_view value = record.value.value_or("");
      if (!ranges.take(record) || value.size() < sizeof mark) continue;
      std::memcpy(&mark, value.data(), sizeof mark);
      if (mark.run == failover.run) failover.records.read(mark.number);
    }
    if (!records.empty()) last = env::program_now();
    if (env::program_now() - last > command.load.timeout)
      return fail(Errc::request_timed_out, "no record came for {} ms, and the end is not reached",
                  command.load.timeout.count());
    TRY_VOID(ranges.advance(consumer));
  }
  return {};
}

Result<void> judge(const FailoverReport& report) {
  if (report.error)
    return within(fmt::format("bench failover ended early, after {} rounds", report.rounds.size()),
                  *report.error);
  const SentRecords::Verdict& records = report.records;
  if (records.is_clean()) return {};
  return fail(Errc::unknown_server_error,
              "{} acknowledged records are lost, {} are there twice, {} out of order", records.lost,
              records.doubled, records.out_of_order);
}

}  // namespace

Result<void> run(Client& client, const BenchFailover& command) {
  const BenchLoad& load = command.load;
  TRY_VOID(prepare_topic(client, load));
  Admin admin(client);
  TRY(const std::vector<PartitionSpan> before, spans_of(admin, load.topic, std::nullopt));
  const auto failover = std::make_shared<Failover>(before.size(), env::program_now());
  Producer producer(client, producer_options(load));
  FailoverReport report;
  Result<void> done;
  {
    const InterruptWatch watch([] {});
    std::thread sender([&] { send_steadily(producer, load, failover); });
    Kills kills(client, command, watch, *failover);
    for (std::size_t i = 0; done && i < command.rounds; i++) done = kills.round(report.rounds);
    failover->over = true;
    sender.join();
  }
  static_cast<void>(producer.close(2 * load.timeout));
  const auto read = read_back(client, command, before, *failover);
  report.records = failover->records.verdict();
  if (!read) report.records.lost = 0;  // Nobody knows.
  if (done) done = read;
  if (!done) report.error = std::move(done).error();
  TRY_VOID(print(load.json ? failover_json(report) : failover_text(report)));
  return judge(report);
}

}  // namespace ropewalk::cli
