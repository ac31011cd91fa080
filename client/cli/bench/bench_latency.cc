#include <atomic>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <thread>

#include "client/cli/bench/bench_commands.h"
#include "client/cli/bench/bench_run.h"
#include "client/cli/bench/flights.h"
#include "client/cli/bench/interrupt_watch.h"
#include "client/cli/bench/live_line.h"
#include "client/cli/bench/pacer.h"
#include "client/cli/partition_offsets.h"
#include "client/cli/read_ranges.h"
#include "common/env/program_time.h"
#include <ropewalk/consumer.h>

namespace ropewalk::cli {
namespace {

constexpr std::chrono::milliseconds kLatencyPollWait{100};
// The first record finds leader and connections, and is not counted.
constexpr std::uint64_t kWarmUp = 0;

// At the front of each value: records of others may come between.
struct Mark {
  std::uint64_t run = 0;
  std::uint64_t number = 0;
};

// One run: what its threads share, the client's I/O thread also when the producer has closed.
struct Exchange {
  explicit Exchange(env::MonotonicTime start)
      : acknowledged(std::make_shared<BenchTally>(start)),
        consumed(std::make_shared<BenchTally>(start)) {}

  void arrived(std::uint64_t number, std::optional<env::MonotonicTime> due, BenchTally& tally,
               std::size_t bytes) const {
    const env::MonotonicTime now = env::program_now();
    if (due && number != kWarmUp) tally.succeeded(now, 1, bytes, now - *due);
  }

  const std::uint64_t run = std::random_device()();
  Flights flights;
  const std::shared_ptr<BenchTally> acknowledged;
  const std::shared_ptr<BenchTally> consumed;
  std::atomic<bool> over{false};
};
using ExchangePtr = std::shared_ptr<Exchange>;

void send(Producer& producer, const BenchLoad& load, const Payloads& payloads,
          const ExchangePtr& exchange, std::uint64_t number, env::MonotonicTime due) {
  std::string value = payloads.value(number);
  const Mark mark{exchange->run, number};
  std::memcpy(value.data(), &mark, sizeof mark);
  exchange->flights.begin(number, due);
  producer.send({.topic = load.topic, .value = std::move(value)})
      .then([exchange, number, bytes = load.record_bytes](const Result<Delivered>& delivered) {
        if (!delivered) return exchange->flights.failed(delivered.error());
        exchange->arrived(number, exchange->flights.acknowledged(number), *exchange->acknowledged,
                          bytes);
      });
}

void consume_all(Consumer& consumer, Exchange& exchange) {
  while (!exchange.over.load()) {
    const auto records = consumer.poll(kLatencyPollWait);
    if (!records) return exchange.flights.failed(records.error());
    for (const ConsumedRecord& record : *records) {
      Mark mark;
      const std::string_view value = record.value.value_or("");
      if (value.size() < sizeof mark) continue;
      std::memcpy(&mark, value.data(), sizeof mark);
      if (mark.run == exchange.run)
        exchange.arrived(mark.number, exchange.flights.consumed(mark.number), *exchange.consumed,
                         value.size());
    }
  }
}

Result<ReadRanges> what_comes_now(Client& client, const std::string& topic) {
  Admin admin(client);
  TRY(std::vector<PartitionSpan> spans, spans_of(admin, topic, std::nullopt));
  ReadRanges ranges;
  for (PartitionSpan& span : spans)
    ranges.add(std::move(span.partition), span.end, std::numeric_limits<std::int64_t>::max());
  return ranges;
}

// `sent` says how many were.
Result<void> send_in_turn(Producer& producer, const BenchLatency& command, const Payloads& payloads,
                          const Pacer& pacer, const ExchangePtr& exchange, std::uint64_t& sent) {
  const BenchLoad& load = command.load;
  for (;; sent++) {
    auto due = pacer.due(sent, env::program_now());
    if (!due) break;
    if (load.rate) env::program_sleep_until(*due);
    TRY_VOID(exchange->flights.wait_until_at_most(command.records_in_flight - 1, load.timeout));
    if (!load.rate) due = env::program_now();
    send(producer, load, payloads, exchange, sent + 1, *due);
  }
  return exchange->flights.wait_until_at_most(0, load.timeout);
}

}  // namespace

Result<void> run(Client& client, const BenchLatency& command) {
  const BenchLoad& load = command.load;
  TRY_VOID(prepare_topic(client, load));
  TRY(const ReadRanges ranges, what_comes_now(client, load.topic));
  Consumer consumer(client);
  TRY_VOID(ranges.begin(consumer));
  const Payloads payloads(load.record_bytes);
  const auto exchange = std::make_shared<Exchange>(env::program_now());
  ProducerOptions options = producer_options(load);
  options.linger = std::chrono::milliseconds(0);
  Producer producer(client, options);
  const InterruptWatch watch([exchange] { exchange->flights.failed(interrupted()); });
  std::thread reader([&] { consume_all(consumer, *exchange); });

  send(producer, load, payloads, exchange, kWarmUp, env::program_now());
  Result<void> done = exchange->flights.wait_until_at_most(0, load.timeout);
  const env::MonotonicTime start = env::program_now();
  const CpuMeter cpu;
  const Pacer pacer(start, load.limit, load.rate);
  std::uint64_t sent = 0;
  if (done) {
    const LiveLine live(exchange->consumed);
    done = send_in_turn(producer, command, payloads, pacer, exchange, sent);
  }
  BenchReport report{.bench = "latency"};
  report.unsent = pacer.due_by(env::program_now(), sent) - sent;
  report.cpu = cpu.used();
  exchange->over = true;
  reader.join();
  producer.close_now();

  const BenchTally::Snapshot acknowledged = exchange->acknowledged->snapshot();
  const BenchTally::Snapshot consumed = exchange->consumed->snapshot();
  report.records = consumed.records;
  report.bytes = consumed.bytes;
  report.failed = sent - std::min(sent, acknowledged.records);
  report.took = std::max(consumed.last - start, env::Duration(0));
  report.latencies.push_back({"acknowledgement", acknowledged.latencies});
  report.latencies.push_back({"end-to-end", consumed.latencies});
  if (!done) report.error = std::move(done).error();
  return finish(report, load.json);
}

}  // namespace ropewalk::cli
