// rw_load: a real broker under mixed load with retention at work, for a long time. Ends with status
// 0 if nothing was lost, doubled or refused, the broker's log has no error, and what it takes of
// the machine stays flat.
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/wait.h>

#include "tests/load/samples.h"
#include "tests/load/topic_churn.h"
#include "tests/support/broker_process.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::load {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Below this a run proves nothing about trends.
constexpr double kJudgedFromSeconds = 120;

struct Options {
  double seconds = 30 * 60;
  double sample_seconds = 10;
};

std::optional<Options> read_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const double value = std::atof(arguments[i + 1]);
    if (name == "--seconds" && value > 0)
      options.seconds = value;
    else if (name == "--minutes" && value > 0)
      options.seconds = 60 * value;
    else if (name == "--sample-seconds" && value > 0)
      options.sample_seconds = value;
    else
      return std::nullopt;
  }
  return count % 2 == 1 ? std::optional(options) : std::nullopt;
}

std::vector<TopicPlan> plans() {
  const auto settings = [](std::vector<TopicSetting> more) {
    std::vector<TopicSetting> all = {
        {"segment.bytes", "1048576"}, {"segment.ms", "3000"}, {"retention.ms", "10000"}};
    for (TopicSetting& each : more)
      std::erase_if(all, [&](const auto& one) { return one.name == each.name; });
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  return {
      {"synced-plain", settings({}), Acks::all, Compression::none},
      {"synced-zstd", settings({}), Acks::all, Compression::zstd},
      {"cached-lz4", settings({{"durability", "replicated"}}), Acks::all, Compression::lz4},
      {"leader-gzip", settings({}), Acks::leader, Compression::gzip},
      {"unasked-snappy", settings({{"durability", "replicated"}}), Acks::none, Compression::snappy},
      {"broker-time",
       settings({{"message.timestamp.type", "LogAppendTime"}, {"compression.type", "lz4"}}),
       Acks::all, Compression::gzip, true},
      {"by-size", settings({{"retention.ms", "-1"}, {"retention.bytes", "2000000"}}), Acks::all,
       Compression::none},
  };
}

// Lines of the broker's log that say error.
std::vector<std::string> errors_in(const std::string& log) {
  std::vector<std::string> found;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);)
    if (line.find(" error ") != std::string::npos || line.starts_with("error"))
      found.push_back(line);
  return found;
}

bool judge(const std::vector<Sample>& samples, double seconds) {
  bool good = true;
  fmt::print("\n{:<12} {:>14} {:>14} {:>14}\n", "", "mean", "growth", "limit");
  for (const Trend& trend : trends(samples)) {
    fmt::print("{:<12} {:>14.0f} {:>14.0f} {:>14.0f}{}\n", trend.name, trend.mean, trend.growth,
               trend.limit, trend.flat() ? "" : "  GROWS");
    good = good && trend.flat();
  }
  if (seconds >= kJudgedFromSeconds) return good;
  fmt::print("(below {} s trends are only shown)\n", kJudgedFromSeconds);
  return true;
}

class Run {
 public:
  explicit Run(Options options) : options_(options) { directory_.keep_if(true); }

  Result<bool> run() {
    support::BrokerOptions options{
        .data_directory = directory_.file("data"),
        .stderr_file = directory_.file("broker.log"),
        // A machine that stands still for a while must not cost the broker its lease.
        .flags = {"--retention-check-interval", "1s", "--session-timeout", "5min"}};
    TRY(auto broker, support::start_ready_broker(options, 60s));
    TRY_VOID(load(broker));
    broker.process.signal(SIGTERM);
    const int status = broker.process.wait();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      verdict_.fault("stop", fmt::format("the broker ended with status {}", status));
    for (const std::string& line : errors_in(options.stderr_file))
      verdict_.fault("the broker's log", line);
    const bool good = tell() && judge(samples_, options_.seconds);
    directory_.keep_if(!good);
    return good;
  }

 private:
  Result<void> load(support::BrokerProcess& broker) {
    const std::string address = fmt::format("127.0.0.1:{}", broker.port);
    TRY(auto client, Client::connect(patient_client(address, "admin")));
    Admin admin(client);
    std::vector<std::string> names;
    for (const TopicPlan& plan : plans()) {
      TRY_VOID(admin.create_topic(
          {.name = plan.name, .partitions = kPartitions, .settings = plan.settings}));
      names.push_back(plan.name);
    }
    std::vector<std::unique_ptr<TopicLoad>> loads;
    for (TopicPlan& plan : plans())
      loads.push_back(std::make_unique<TopicLoad>(std::move(plan), address, verdict_));
    {
      TopicChurn churn(names, address, broker.admin_port, verdict_);
      sample(broker.process.pid());
      verdict_.end();
    }
    for (auto& each : loads) each->finish();
    return {};
  }

  void sample(pid_t broker) {
    fmt::print("{}\n", table_head());
    const auto begin = Clock::now();
    for (int i = 0; !verdict_.ended(); i++) {
      const std::chrono::duration<double> at = Clock::now() - begin;
      samples_.push_back(take_sample(at.count(), broker, directory_.file("data")));
      fmt::print("{}\n", table_row(samples_.back()));
      std::fflush(stdout);
      if (at.count() >= options_.seconds) return;
      const auto next = begin + (i + 1) * std::chrono::duration<double>(options_.sample_seconds);
      while (!verdict_.ended() && Clock::now() < next) std::this_thread::sleep_for(50ms);
    }
  }

  bool tell() const {
    fmt::print("\n");
    for (const auto& [what, count] : verdict_.counts()) fmt::print("{:>10} {}\n", count, what);
    const auto faults = verdict_.faults();
    for (const auto& [kind, fault] : faults)
      fmt::print("FAULT {} ({} times), first: {}\n", kind, fault.first, fault.second);
    return faults.empty();
  }

  const Options options_;
  Verdict verdict_;
  std::vector<Sample> samples_;
  support::TemporaryDirectory directory_{"load"};
};

}  // namespace

int run(int count, char** arguments) {
  const auto options = read_options(count, arguments);
  if (!options) {
    fmt::print(stderr, "rw_load [--minutes N | --seconds N] [--sample-seconds N]\n");
    return 2;
  }
  Run run(*options);
  const auto good = run.run();
  if (!good) fmt::print("FAULT {}\n", to_string(good.error()));
  if (good && *good) {
    const bool judged = options->seconds >= kJudgedFromSeconds;
    fmt::print("nothing lost, no error{}\n", judged ? ", flat" : "");
    return 0;
  }
  return 1;
}

}  // namespace ropewalk::load

int main(int count, char** arguments) { return ropewalk::load::run(count, arguments); }
