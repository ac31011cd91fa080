#include "client/cli/bench/failover_report.h"

#include <algorithm>
#include <cmath>

#include <boost/json.hpp>

#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

double gap_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}
std::string gap_cell(std::chrono::nanoseconds time) { return fmt::format("{:.1f}", gap_ms(time)); }

json::object round_json(const FailoverRound& round) {
  json::object object{{"broker", round.broker},
                      {"was_controller", round.was_controller},
                      {"gap_ms", gap_ms(round.gap)}};
  object["return_gap_ms"] = round.return_gap ? json::value(gap_ms(*round.return_gap)) : nullptr;
  return object;
}

}  // namespace

std::chrono::nanoseconds gap_at(const std::vector<FailoverRound>& rounds, double part) {
  if (rounds.empty()) return std::chrono::nanoseconds(0);
  std::vector<std::chrono::nanoseconds> gaps;
  for (const FailoverRound& round : rounds) gaps.push_back(round.gap);
  std::ranges::sort(gaps);
  const double rank = std::ceil(part * static_cast<double>(gaps.size()));
  return gaps[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

std::string failover_text(const FailoverReport& report) {
  Table rounds({"ROUND", "BROKER", "CONTROLLER", "GAP MS", "RETURN MS"});
  for (std::size_t i = 0; i < report.rounds.size(); i++) {
    const FailoverRound& round = report.rounds[i];
    rounds.add({fmt::format("{}", i + 1),
                round.broker < 0 ? std::string("-") : fmt::format("{}", round.broker),
                round.was_controller ? "yes" : "", gap_cell(round.gap),
                round.return_gap ? gap_cell(*round.return_gap) : std::string("-")});
  }
  Table gaps({"GAP MS", "P50", "P95", "MAX"});
  gaps.add({"acknowledgements", gap_cell(gap_at(report.rounds, 0.5)),
            gap_cell(gap_at(report.rounds, 0.95)), gap_cell(gap_at(report.rounds, 1))});
  const SentRecords::Verdict& records = report.records;
  Table counts({"SENT", "ACKNOWLEDGED", "FAILED", "LOST", "TWICE", "OUT OF ORDER"});
  counts.add({fmt::format("{}", records.sent), fmt::format("{}", records.acknowledged),
              fmt::format("{}", records.failed), fmt::format("{}", records.lost),
              fmt::format("{}", records.doubled), fmt::format("{}", records.out_of_order)});
  return rounds.to_string() + "\n" + gaps.to_string() + "\n" + counts.to_string();
}

std::string failover_json(const FailoverReport& report) {
  json::array rounds;
  for (const FailoverRound& round : report.rounds) rounds.push_back(round_json(round));
  json::object object{{"bench", "failover"},
                      {"rounds", std::move(rounds)},
                      {"gap_ms",
                       {{"p50", gap_ms(gap_at(report.rounds, 0.5))},
                        {"p95", gap_ms(gap_at(report.rounds, 0.95))},
                        {"max", gap_ms(gap_at(report.rounds, 1))}}},
                      {"sent", report.records.sent},
                      {"acknowledged", report.records.acknowledged},
                      {"failed", report.records.failed},
                      {"lost", report.records.lost},
                      {"doubled", report.records.doubled},
                      {"out_of_order", report.records.out_of_order}};
  if (report.error) object["error"] = to_string(*report.error);
  return json::serialize(object) + "\n";
}

}  // namespace ropewalk::cli
