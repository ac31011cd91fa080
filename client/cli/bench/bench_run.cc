#include "client/cli/bench/bench_run.h"

#include <random>

#include "client/cli/commands.h"
#include "common/env/program_time.h"
#include <ropewalk/admin.h>

namespace ropewalk::cli {
namespace {

// Enough that no batch holds one value twice.
constexpr std::size_t kLetters = 4 << 20;

}  // namespace

Result<void> prepare_topic(Client& client, const BenchLoad& load) {
  Admin admin(client);
  if (load.partitions)
    TRY_VOID(admin.create_topic({.name = load.topic, .partitions = *load.partitions}));
  auto described = admin.describe_topics({load.topic});
  if (!described && described.error().code == Errc::unknown_topic_or_partition)
    return within(fmt::format("there is no topic {} (--create N makes it)", load.topic),
                  std::move(described).error());
  TRY_VOID(std::move(described));
  return {};
}

ProducerOptions producer_options(const BenchLoad& load) {
  return {.acks = load.acks,
          .idempotent = load.acks == Acks::all,
          .compression = load.compression,
          .compression_level = load.compression_level,
          // The oldest records give up, and so tell what is wrong, before a full buffer does.
          .block_max = 2 * load.timeout,
          .delivery_timeout = load.timeout};
}

Payloads::Payloads(std::size_t record_bytes) : record_bytes_(record_bytes) {
  std::mt19937 random(1);
  letters_.resize(kLetters + record_bytes);
  for (char& letter : letters_) letter = static_cast<char>('a' + random() % 26);
}

std::string Payloads::value(std::uint64_t number) const {
  // One behind the other, as the processor reads ahead. An odd stride comes by every place before
  // it comes back to the same.
  return letters_.substr(number * (record_bytes_ | 1) % kLetters, record_bytes_);
}

CpuMeter::CpuMeter() : start_(env::program_cpu()) {}

std::chrono::microseconds CpuMeter::used() const { return env::program_cpu() - start_; }

Result<void> finish(const BenchReport& report, bool json) {
  TRY_VOID(print(json ? report_json(report) : report_text(report)));
  if (!report.error) return {};
  return within(fmt::format("bench {} ended early, after {} records", report.bench, report.records),
                *report.error);
}

}  // namespace ropewalk::cli
