#include <memory>

#include "client/cli/bench/bench_commands.h"
#include "client/cli/bench/bench_run.h"
#include "client/cli/bench/interrupt_watch.h"
#include "client/cli/bench/live_line.h"
#include "client/cli/bench/pacer.h"
#include "common/env/program_time.h"

namespace ropewalk::cli {
namespace {

// What is on its way when somebody presses Ctrl-C may still arrive.
constexpr std::chrono::seconds kLastWait{1};

// What the run's threads share.
struct Run {
  Run(env::MonotonicTime start, std::size_t bytes) : tally(start), record_bytes(bytes) {}

  void acknowledged(env::MonotonicTime due) {
    const env::MonotonicTime now = env::program_now();
    tally.succeeded(now, 1, record_bytes, now - due);
  }

  BenchTally tally;
  const std::size_t record_bytes;
};

// Sends what is due until the run is over or something failed. How many. Pre: the producer holds
// the run.
std::uint64_t send_all(Producer& producer, const BenchLoad& load, const Payloads& payloads,
                       const Pacer& pacer, Run& run) {
  std::uint64_t sent = 0;
  while (!run.tally.has_failed()) {
    const auto due = pacer.due(sent, env::program_now());
    if (!due) break;
    if (load.rate) env::program_sleep_until(*due);
    // Two words are what a std::function holds without memory of its own, one for each record.
    producer.send({.topic = load.topic, .value = payloads.value(sent)})
        .then([run = &run, due = *due](const Result<Delivered>& delivered) {
          if (delivered) run->acknowledged(due);
        });
    sent++;
  }
  return sent;
}

}  // namespace

Result<void> run(Client& client, const BenchProduce& command) {
  const BenchLoad& load = command.load;
  TRY_VOID(prepare_topic(client, load));
  ProducerOptions options = producer_options(load);
  options.batch_bytes = command.batch_bytes;
  options.linger = command.linger;
  options.requests_in_flight_max = command.requests_in_flight;
  const Payloads payloads(load.record_bytes);
  const env::MonotonicTime start = env::program_now();
  const CpuMeter cpu;
  const Pacer pacer(start, load.limit, load.rate);
  // Held by the producer: the I/O thread may still tell of deliveries when it has closed.
  const auto shared = std::make_shared<Run>(start, load.record_bytes);
  BenchTally& tally = shared->tally;
  options.on_delivered = [shared](const PartitionName&, const Result<Delivered>& delivered) {
    if (!delivered) shared->tally.failed(delivered.error());
  };
  Producer producer(client, options);
  BenchReport report{.bench = "produce"};
  {
    const InterruptWatch watch([&] {
      tally.end(interrupted());
      // A send that waits for room in the buffer waits no longer than that.
      if (!producer.flush(kLastWait)) producer.close_now();
    });
    const LiveLine live(std::shared_ptr<const BenchTally>(shared, &tally));
    const std::uint64_t sent = send_all(producer, load, payloads, pacer, *shared);
    report.unsent = pacer.due_by(env::program_now(), sent) - sent;
    // Each delivery is decided by its own timeout; once one has failed the rest does not count.
    if (watch.has_seen_one())
      static_cast<void>(producer.flush(kLastWait));
    else if (!tally.has_failed())
      static_cast<void>(producer.flush(2 * load.timeout));
    producer.close_now();
  }
  BenchTally::Snapshot seen = tally.snapshot();
  report.records = seen.records;
  report.bytes = seen.bytes;
  report.failed = seen.failed;
  report.took = seen.last - start;
  report.cpu = cpu.used();
  report.latencies.push_back({"acknowledgement", std::move(seen.latencies)});
  report.error = std::move(seen.error);
  return finish(report, load.json);
}

}  // namespace ropewalk::cli
