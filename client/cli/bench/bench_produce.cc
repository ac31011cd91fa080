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

// Sends what is due until the run is over or something failed. How many.
std::uint64_t send_all(Producer& producer, const BenchLoad& load, const Payloads& payloads,
                       const Pacer& pacer, const std::shared_ptr<BenchTally>& tally) {
  std::uint64_t sent = 0;
  while (!tally->has_failed()) {
    const auto due = pacer.due(sent, env::program_now());
    if (!due) break;
    if (load.rate) env::program_sleep_until(*due);
    producer.send({.topic = load.topic, .value = payloads.value(sent)})
        .then([tally, due = *due, bytes = load.record_bytes](const Result<Delivered>& delivered) {
          if (!delivered) return tally->failed(delivered.error());
          const env::MonotonicTime now = env::program_now();
          tally->succeeded(now, 1, bytes, now - due);
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
  // Shared: the I/O thread may still tell of deliveries when the producer has closed.
  const auto tally = std::make_shared<BenchTally>(start);
  Producer producer(client, options);
  BenchReport report{.bench = "produce"};
  {
    const InterruptWatch watch([&] {
      tally->end(interrupted());
      // A send that waits for room in the buffer waits no longer than that.
      if (!producer.flush(kLastWait)) producer.close_now();
    });
    const LiveLine live(tally);
    const std::uint64_t sent = send_all(producer, load, payloads, pacer, tally);
    report.unsent = pacer.due_by(env::program_now(), sent) - sent;
    // Each delivery is decided by its own timeout; once one has failed the rest does not count.
    if (watch.has_seen_one())
      static_cast<void>(producer.flush(kLastWait));
    else if (!tally->has_failed())
      static_cast<void>(producer.flush(2 * load.timeout));
    producer.close_now();
  }
  BenchTally::Snapshot seen = tally->snapshot();
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
