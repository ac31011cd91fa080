#include "client/cli/bench_flags.h"

#include "client/cli/flags.h"

namespace ropewalk::cli {
namespace {

constexpr NumberRange kRunCounts{1, kCounts.most};
constexpr NumberRange kRates{1, 1'000'000'000};
constexpr NumberRange kInFlight{1, 10'000};
constexpr NumberRange kRecordBytes{0, 64 << 20};
constexpr NumberRange kMarkedRecordBytes{16, kRecordBytes.most};  // `latency` marks its own.
constexpr NumberRange kBatchBytes{1, 64 << 20};
constexpr NumberRange kRounds{1, 10'000};
constexpr NumberRange kRunTimes{1, 30LL * 24 * 3600 * 1000};
constexpr NumberRange kLingers{0, 60'000};
constexpr std::chrono::seconds kRunTime{10};  // Where neither count nor time is said.
constexpr std::uint64_t kFailoverRate = 1000;
constexpr std::chrono::seconds kFailoverTimeout{60};  // It waits for elections, too.
constexpr std::size_t kIdempotentRequestsMax = 5;

void take(const SendFlags& flags, BenchLoad& load) {
  load.acks = flags.acks;
  load.compression = flags.compression;
  load.compression_level = flags.compression_level;
}

}  // namespace

void BenchFlags::define(CLI::App& app) {
  bench_ = app.add_subcommand("bench", "Measure how fast a topic takes and gives records");
  bench_->require_subcommand(1);
  define_produce();
  define_consume();
  define_latency();
  define_failover();
}

void BenchFlags::define_produce() {
  CLI::App* verb = bench_->add_subcommand("produce", "Send records of one size");
  define_load(*verb, produce_.load, kRecordBytes);
  send_produce_.define(*verb);
  add_bytes(*verb, "--batch-bytes", produce_.batch_bytes, kBatchBytes,
            "A batch is sent when it is this large; 64KiB if not said");
  add_time(*verb, "--linger", produce_.linger, kLingers,
           "... or this old, from 0 ms to 1 min; 5ms if not said");
  add_number(*verb, "--in-flight", in_flight_, kInFlight,
             "Requests under way at a time; 5 if not said, and at most with --acks all");
}

void BenchFlags::define_consume() {
  CLI::App* verb =
      bench_->add_subcommand("consume", "Read a topic from its beginning to its end as it is now");
  add_text(*verb, "TOPIC", consume_.topic, kTopicHelp)->required();
  define_limit(*verb, consume_.limit);
  add_time(*verb, "--timeout", consume_.timeout, kRunTimes,
           "Give up when no record comes for so long; 10s if not said");
  verb->add_flag("--json", consume_.json, kJsonHelp);
}

void BenchFlags::define_latency() {
  CLI::App* verb = bench_->add_subcommand(
      "latency", "Send records one by one, and see when each is acknowledged and consumed");
  define_load(*verb, latency_.load, kMarkedRecordBytes);
  send_latency_.define(*verb);
  add_number(*verb, "--in-flight", in_flight_, kInFlight,
             "Records under way at a time; 1 if not said");
}

void BenchFlags::define_failover() {
  failover_.load.timeout = kFailoverTimeout;
  CLI::App* verb = bench_->add_subcommand(
      "failover", "Send steadily while brokers are killed, and see how long nothing is taken");
  bench_failover_ = verb;
  define_target(*verb, failover_.load, kMarkedRecordBytes);
  add_number(*verb, "--rate", rate_, kRates, "Records a second; 1000 if not said");
  add_text(*verb, "--kill-command", failover_.kill_command,
           "What kills broker {broker}, for the shell; without it somebody else kills one, while "
           "it is looked at for the time of --down");
  add_text(*verb, "--restart-command", failover_.restart_command,
           "What starts it again, after the time of --down; it comes back by itself if not said");
  add_number(*verb, "--rounds", rounds_, kRounds, "Kills; 5 if not said");
  verb->add_option("--victim", victim_,
                   "Which leader of a partition: any, the controller, or any other")
      ->check(CLI::IsMember({"any", "controller", "other"}))
      ->capture_default_str();
  add_time(*verb, "--down", failover_.down, kRunTimes,
           "From a kill to the restart; 8s if not said");
  add_time(*verb, "--timeout", failover_.load.timeout, kRunTimes,
           "Give up when a record is not acknowledged, or a replica not in sync, after so long; "
           "1min if not said");
  verb->add_flag("--json", failover_.load.json, kJsonHelp);
}

void BenchFlags::define_limit(CLI::App& verb, BenchLimit& limit) {
  add_number(verb, "--count", count_, kRunCounts, "End after so many records");
  add_time(verb, "--duration", limit.time, kRunTimes, "End after this time (30s, 5min)");
}

void BenchFlags::define_target(CLI::App& verb, BenchLoad& load, NumberRange record_bytes) {
  add_text(verb, "TOPIC", load.topic, kTopicHelp)->required();
  add_number(verb, "--create", partitions_, kPartitionCounts,
             "Make the topic first, with so many partitions");
  add_bytes(verb, "--record-bytes", load.record_bytes, record_bytes,
            "Size of a value, which is random letters; 100 if not said");
}

void BenchFlags::define_load(CLI::App& verb, BenchLoad& load, NumberRange record_bytes) {
  define_target(verb, load, record_bytes);
  define_limit(verb, load.limit);
  add_number(verb, "--rate", rate_, kRates,
             "Records a second; latencies count from when a record was due. As fast as it goes if "
             "not said");
  add_time(verb, "--timeout", load.timeout, kRunTimes,
           "Give up when a record is not there after so long; 10s if not said");
  verb.add_flag("--json", load.json, kJsonHelp);
}

Result<BenchProduce> BenchFlags::checked_produce() {
  complete(produce_.load);
  TRY_VOID(send_produce_.check());
  take(send_produce_, produce_.load);
  if (in_flight_) produce_.requests_in_flight = static_cast<std::size_t>(*in_flight_);
  if (produce_.load.acks == Acks::all && produce_.requests_in_flight > kIdempotentRequestsMax)
    return fail(Errc::invalid_request,
                "--in-flight: 1 to {} with --acks all, whose records neither double nor change "
                "places; not {}",
                kIdempotentRequestsMax, produce_.requests_in_flight);
  return std::move(produce_);
}

Result<BenchConsume> BenchFlags::checked_consume() {
  if (count_) consume_.limit.records = static_cast<std::uint64_t>(*count_);
  return std::move(consume_);
}

Result<BenchLatency> BenchFlags::checked_latency() {
  complete(latency_.load);
  TRY_VOID(send_latency_.check());
  take(send_latency_, latency_.load);
  if (latency_.load.acks == Acks::none)
    return fail(Errc::invalid_request,
                "--acks: with 0 nothing is acknowledged; 1 or all can be measured");
  if (in_flight_) latency_.records_in_flight = static_cast<std::size_t>(*in_flight_);
  return std::move(latency_);
}

Result<BenchFailover> BenchFlags::checked_failover() {
  complete(failover_.load);
  if (rounds_) failover_.rounds = static_cast<std::size_t>(*rounds_);
  if (!failover_.load.rate) failover_.load.rate = kFailoverRate;
  failover_.victim = victim_ == "any"          ? Victim::any
                     : victim_ == "controller" ? Victim::controller
                                               : Victim::other;
  if (!failover_.kill_command.empty()) return std::move(failover_);
  for (const char* option : {"--restart-command", "--rounds", "--victim"})
    if (bench_failover_->count(option) > 0)
      return fail(Errc::invalid_request, "{}: only with --kill-command", option);
  failover_.rounds = 1;
  return std::move(failover_);
}

void BenchFlags::complete(BenchLoad& load) const {
  if (count_) load.limit.records = static_cast<std::uint64_t>(*count_);
  if (!load.limit.records && !load.limit.time) load.limit.time = kRunTime;
  if (partitions_) load.partitions = static_cast<std::int32_t>(*partitions_);
  if (rate_) load.rate = static_cast<std::uint64_t>(*rate_);
}

}  // namespace ropewalk::cli
