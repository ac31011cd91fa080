#include <limits>
#include <memory>

#include "client/cli/bench/bench_commands.h"
#include "client/cli/bench/bench_run.h"
#include "client/cli/bench/interrupt_watch.h"
#include "client/cli/bench/live_line.h"
#include "client/cli/partition_offsets.h"
#include "client/cli/read_ranges.h"
#include "common/env/program_time.h"
#include <ropewalk/consumer.h>

namespace ropewalk::cli {
namespace {

constexpr std::chrono::milliseconds kBenchPollWait{200};

Result<ReadRanges> all_that_is_there(Client& client, const std::string& topic) {
  Admin admin(client);
  TRY(std::vector<PartitionSpan> spans, spans_of(admin, topic, std::nullopt));
  ReadRanges ranges;
  for (PartitionSpan& span : spans) ranges.add(std::move(span.partition), span.begin, span.end);
  return ranges;
}

// Counts those that belong to the run, at most `wanted`.
std::uint64_t count(const Records& records, ReadRanges& ranges, std::uint64_t wanted,
                    BenchTally& tally) {
  std::uint64_t counted = 0;
  std::uint64_t bytes = 0;
  for (const ConsumedRecord& record : records) {
    if (!ranges.take(record) || counted == wanted) continue;
    counted++;
    bytes += record.key.value_or("").size() + record.value.value_or("").size();
  }
  tally.succeeded(env::program_now(), counted, bytes, std::nullopt);
  return counted;
}

Result<void> read_all(Consumer& consumer, const BenchConsume& command, ReadRanges& ranges,
                      env::MonotonicTime start, const InterruptWatch& watch, BenchTally& tally) {
  std::uint64_t wanted = command.limit.records.value_or(std::numeric_limits<std::uint64_t>::max());
  const env::MonotonicTime end = command.limit.time ? start + *command.limit.time : env::kNever;
  env::MonotonicTime last = start;
  while (wanted > 0 && !ranges.done() && env::program_now() < end) {
    if (watch.has_seen_one()) return fail(interrupted());
    TRY(const Records records, consumer.poll(kBenchPollWait));
    if (!records.empty()) {
      wanted -= count(records, ranges, wanted, tally);
      last = env::program_now();
      continue;
    }
    if (env::program_now() - last > command.timeout)
      return fail(Errc::request_timed_out, "no record came for {} ms, and the end is not reached",
                  command.timeout.count());
    TRY_VOID(ranges.advance(consumer));
  }
  return {};
}

}  // namespace

Result<void> run(Client& client, const BenchConsume& command) {
  TRY(ReadRanges ranges, all_that_is_there(client, command.topic));
  const env::MonotonicTime start = env::program_now();
  const CpuMeter cpu;
  const auto tally = std::make_shared<BenchTally>(start);
  Consumer consumer(client, {.offset_reset = OffsetReset::earliest});
  TRY_VOID(ranges.begin(consumer));
  Result<void> done;
  {
    const InterruptWatch watch([] {});
    const LiveLine live(tally);
    done = read_all(consumer, command, ranges, start, watch, *tally);
  }
  BenchReport report{.bench = "consume"};
  const BenchTally::Snapshot seen = tally->snapshot();
  report.records = seen.records;
  report.bytes = seen.bytes;
  report.took = seen.last - start;
  report.cpu = cpu.used();
  if (!done) report.error = std::move(done).error();
  return finish(report, command.json);
}

}  // namespace ropewalk::cli
