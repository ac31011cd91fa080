#include "client/cli/bench/bench_report.h"

#include <array>

#include <boost/json.hpp>

#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

struct Part {
  const char* heading;
  const char* key;
  double part;
};
constexpr std::array<Part, 4> kParts = {
    {{"P50", "p50", 0.5}, {"P90", "p90", 0.9}, {"P99", "p99", 0.99}, {"P99.9", "p99_9", 0.999}}};

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}
std::string in_milliseconds(std::chrono::nanoseconds time) {
  return fmt::format("{:.3f}", in_seconds(time) * 1e3);
}
double in_microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

double per_second(std::uint64_t count, std::chrono::nanoseconds took) {
  return took.count() > 0 ? static_cast<double>(count) / in_seconds(took) : 0;
}
double cpu_us_per_record(const BenchReport& report) {
  if (report.records == 0) return 0;
  return in_microseconds(report.cpu) / static_cast<double>(report.records);
}

json::object latency_json(const LatencyHistogram& seen) {
  json::object object;
  for (const Part& part : kParts) object[part.key] = in_microseconds(seen.at(part.part));
  object["max"] = in_microseconds(seen.max());
  return object;
}

}  // namespace

std::string report_text(const BenchReport& report) {
  Table totals({"RECORDS", "SECONDS", "RECORDS/S", "MB/S", "CPU US/RECORD"});
  totals.add({fmt::format("{}", report.records), fmt::format("{:.3f}", in_seconds(report.took)),
              fmt::format("{:.0f}", per_second(report.records, report.took)),
              fmt::format("{:.3f}", per_second(report.bytes, report.took) / 1e6),
              fmt::format("{:.3f}", cpu_us_per_record(report))});
  std::string out = totals.to_string();
  if (!report.latencies.empty()) {
    Table latencies({"LATENCY MS", "P50", "P90", "P99", "P99.9", "MAX"});
    for (const BenchReport::Latency& latency : report.latencies) {
      std::vector<std::string> cells = {latency.name};
      for (const Part& part : kParts) cells.push_back(in_milliseconds(latency.seen.at(part.part)));
      cells.push_back(in_milliseconds(latency.seen.max()));
      latencies.add(std::move(cells));
    }
    out += "\n" + latencies.to_string();
  }
  if (report.failed > 0) out += fmt::format("\n{} records failed\n", report.failed);
  if (report.unsent > 0)
    out += fmt::format("\n{} records were due and not sent: the rate is more than this takes\n",
                       report.unsent);
  return out;
}

std::string report_json(const BenchReport& report) {
  json::object object{{"bench", report.bench},
                      {"records", report.records},
                      {"bytes", report.bytes},
                      {"failed", report.failed},
                      {"unsent", report.unsent},
                      {"seconds", in_seconds(report.took)},
                      {"records_per_second", per_second(report.records, report.took)},
                      {"bytes_per_second", per_second(report.bytes, report.took)},
                      {"cpu_seconds", in_seconds(report.cpu)},
                      {"cpu_us_per_record", cpu_us_per_record(report)}};
  json::object latencies;
  for (const BenchReport::Latency& latency : report.latencies)
    latencies[latency.name] = latency_json(latency.seen);
  object["latency_us"] = std::move(latencies);
  if (report.error) object["error"] = to_string(*report.error);
  return json::serialize(object) + "\n";
}

}  // namespace ropewalk::cli
