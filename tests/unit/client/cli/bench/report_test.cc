#include <boost/json.hpp>

#include "client/cli/bench/bench_report.h"
#include "client/cli/bench/live_line.h"

namespace ropewalk::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

BenchReport some_report() {
  BenchReport report{.bench = "produce"};
  report.records = 200'000;
  report.bytes = 20'000'000;
  report.took = 4s;
  report.cpu = 100ms;
  BenchReport::Latency latency{"acknowledgement", {}};
  for (int i = 1; i <= 100; i++) latency.seen.record(std::chrono::milliseconds(i));
  report.latencies.push_back(latency);
  return report;
}

TEST(BenchReport, IsTwoTables) {
  const std::string text = report_text(some_report());
  EXPECT_THAT(text, HasSubstr("RECORDS  SECONDS  RECORDS/S  MB/S   CPU US/RECORD\n"
                              "200000   4.000    50000      5.000  0.500\n\n"
                              "LATENCY MS       P50     P90     P99     P99.9    MAX\n"
                              "acknowledgement  50."));
  EXPECT_THAT(text, HasSubstr("  100.000  100.000\n"));
  EXPECT_THAT(text, Not(HasSubstr("failed")));
  EXPECT_THAT(text, Not(HasSubstr("not sent")));
}

TEST(BenchReport, SaysWhatFailedAndWhatWasNotSent) {
  BenchReport report = some_report();
  report.failed = 3;
  report.unsent = 17;
  EXPECT_THAT(report_text(report), HasSubstr("\n3 records failed\n"));
  EXPECT_THAT(report_text(report), HasSubstr("\n17 records were due and not sent"));
}

TEST(BenchReport, OfNothingDividesByNothing) {
  const BenchReport report{.bench = "consume"};
  EXPECT_EQ(report_text(report),
            "RECORDS  SECONDS  RECORDS/S  MB/S   CPU US/RECORD\n"
            "0        0.000    0          0.000  0.000\n");
  EXPECT_NO_THROW(static_cast<void>(boost::json::parse(report_json(report))));
}

TEST(BenchReport, JsonHasTheSameNumbers) {
  BenchReport report = some_report();
  report.error = Error{Errc::closed, "gone"};
  const std::string text = report_json(report);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  const auto object = boost::json::parse(text).as_object();
  EXPECT_EQ(object.at("bench").as_string(), "produce");
  EXPECT_EQ(object.at("records").to_number<int>(), 200'000);
  EXPECT_EQ(object.at("records_per_second").as_double(), 50'000);
  EXPECT_EQ(object.at("bytes_per_second").as_double(), 5'000'000);
  EXPECT_EQ(object.at("cpu_us_per_record").as_double(), 0.5);
  EXPECT_EQ(object.at("error").as_string(), "closed: gone");
  const auto& latency = object.at("latency_us").as_object().at("acknowledgement").as_object();
  EXPECT_EQ(latency.at("max").as_double(), 100'000);
  EXPECT_GE(latency.at("p50").as_double(), 50'000);
  EXPECT_LE(latency.at("p50").as_double(), 50'500);
  EXPECT_FALSE(boost::json::parse(report_json(some_report())).as_object().contains("error"));
}

TEST(LiveLine, HasColoursOnlyWhereTheyMayBe) {
  const LiveNumbers moving{.seconds = 3, .records = 512, .bytes = 51'200'000, .p99 = 1500us};
  EXPECT_EQ(live_text(moving, false), "3 s  512 records/s  51.2 MB/s  p99 1.500 ms");
  EXPECT_THAT(live_text(moving, true), HasSubstr("\x1b[1m512 records/s\x1b[0m"));
  const LiveNumbers still{.seconds = 4};
  EXPECT_EQ(live_text(still, false), "4 s  0 records/s  0.0 MB/s");
  EXPECT_THAT(live_text(still, true), HasSubstr("\x1b[31m"));
}

}  // namespace
}  // namespace ropewalk::cli
