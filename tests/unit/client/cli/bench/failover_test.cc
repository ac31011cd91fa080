#include <boost/json.hpp>

#include "client/cli/bench/ack_gaps.h"
#include "client/cli/bench/failover_report.h"
#include "client/cli/bench/sent_records.h"
#include "client/cli/bench/shell_command.h"

namespace ropewalk::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

env::MonotonicTime moment(std::chrono::milliseconds since) { return env::MonotonicTime(since); }

TEST(AckGaps, TheWorstPartitionCounts) {
  AckGaps gaps(2, moment(0ms));
  for (const auto at : {10ms, 20ms, 30ms}) gaps.acknowledged(0, moment(at));
  gaps.acknowledged(1, moment(25ms));
  EXPECT_EQ(gaps.longest(moment(32ms)), 25ms);
}

TEST(AckGaps, OneThatIsUnderWayCountsUntilNow) {
  AckGaps gaps(2, moment(0ms));
  gaps.acknowledged(0, moment(90ms));
  gaps.acknowledged(1, moment(95ms));
  gaps.begin_window();
  gaps.acknowledged(0, moment(100ms));
  EXPECT_EQ(gaps.longest(moment(100ms)), 10ms) << "what ended before the window is forgotten";
  EXPECT_EQ(gaps.longest(moment(195ms)), 100ms);
}

TEST(AckGaps, OneThatBeganBeforeTheWindowCountsWhole) {
  AckGaps gaps(1, moment(0ms));
  gaps.acknowledged(0, moment(10ms));
  gaps.begin_window();
  gaps.acknowledged(0, moment(60ms));
  EXPECT_EQ(gaps.longest(moment(61ms)), 50ms);
}

class SentRecordsRun : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::uint64_t number = 0; number < 6; number++) {
      const SentRecords::Next next = records_.begin();
      EXPECT_EQ(next.number, number);
      EXPECT_EQ(next.partition, static_cast<std::int32_t>(number % 2));
      records_.acknowledged(number);
    }
  }
  SentRecords::Verdict after_reading(std::initializer_list<std::uint64_t> numbers) {
    for (const std::uint64_t number : numbers) records_.read(number);
    return records_.verdict();
  }

  SentRecords records_{2};
};

TEST_F(SentRecordsRun, PartitionsMayComeInTurns) {
  const auto verdict = after_reading({1, 3, 0, 2, 4, 5});
  EXPECT_TRUE(verdict.is_clean());
  EXPECT_EQ(verdict.sent, 6U);
  EXPECT_EQ(verdict.acknowledged, 6U);
}

TEST_F(SentRecordsRun, WhatIsMissingIsLostOnlyIfItWasAcknowledged) {
  records_.begin();
  records_.failed();
  const auto verdict = after_reading({0, 1, 2, 3, 5});
  EXPECT_EQ(verdict.lost, 1U);
  EXPECT_EQ(verdict.failed, 1U);
  EXPECT_FALSE(verdict.is_clean());
}

TEST_F(SentRecordsRun, ARecordThatComesAgainIsTwiceAndNotOutOfOrder) {
  const auto verdict = after_reading({0, 2, 0, 4, 1, 3, 5});
  EXPECT_EQ(verdict.doubled, 1U);
  EXPECT_EQ(verdict.out_of_order, 0U);
}

TEST_F(SentRecordsRun, ARecordBehindALaterOneIsOutOfOrder) {
  const auto verdict = after_reading({2, 0, 4, 1, 3, 5});
  EXPECT_EQ(verdict.out_of_order, 1U);
  EXPECT_EQ(verdict.doubled, 0U);
}

TEST_F(SentRecordsRun, RecordsOfOthersDoNotCount) {
  EXPECT_TRUE(after_reading({0, 1, 2, 3, 4, 5, 77}).is_clean());
}

FailoverReport twenty_rounds() {
  FailoverReport report;
  for (int i = 1; i <= 20; i++)
    report.rounds.push_back({.broker = i % 3 + 1, .gap = std::chrono::milliseconds(10 * i)});
  report.rounds[1].was_controller = true;
  report.rounds[1].return_gap = 7ms;
  report.records = {.sent = 100, .acknowledged = 99, .failed = 1, .doubled = 2};
  return report;
}

TEST(FailoverReport, PercentilesAreOfRounds) {
  const FailoverReport report = twenty_rounds();
  EXPECT_EQ(gap_at(report.rounds, 0.5), 100ms);
  EXPECT_EQ(gap_at(report.rounds, 0.95), 190ms);
  EXPECT_EQ(gap_at(report.rounds, 1), 200ms);
  EXPECT_EQ(gap_at({}, 0.5), 0ms);
}

TEST(FailoverReport, TablesAndJsonSayTheSame) {
  const FailoverReport report = twenty_rounds();
  const std::string text = failover_text(report);
  EXPECT_THAT(text, HasSubstr("ROUND  BROKER  CONTROLLER  GAP MS  RETURN MS\n"
                              "1      2                   10.0    -\n"
                              "2      3       yes         20.0    7.0\n"));
  EXPECT_THAT(text, HasSubstr("acknowledgements  100.0  190.0  200.0\n"));
  EXPECT_THAT(text, HasSubstr("100   99            1       0     2      0\n"));
  const auto object = boost::json::parse(failover_json(report)).as_object();
  const auto& second = object.at("rounds").as_array().at(1).as_object();
  EXPECT_TRUE(second.at("was_controller").as_bool());
  EXPECT_EQ(second.at("return_gap_ms").as_double(), 7);
  EXPECT_EQ(object.at("gap_ms").as_object().at("p95").as_double(), 190);
  EXPECT_EQ(object.at("doubled").to_number<int>(), 2);
  EXPECT_FALSE(object.contains("error"));
}

TEST(ShellCommand, TheBrokerStandsWhereverItIsNamed) {
  EXPECT_EQ(with_placeholder("kill $(cat {broker}/pid-{broker})", "broker", "12"),
            "kill $(cat 12/pid-12)");
  EXPECT_EQ(with_placeholder("{leader}", "broker", "12"), "{leader}");
}

TEST(ShellCommand, SaysWithWhatItEnded) {
  EXPECT_TRUE(run_in_shell("exit 0"));
  EXPECT_EQ(run_in_shell("exit 3").error().context, "'exit 3' ended with status 3");
  EXPECT_EQ(run_in_shell("kill -9 $$").error().context, "'kill -9 $$' ended with signal 9");
}

}  // namespace
}  // namespace ropewalk::cli
