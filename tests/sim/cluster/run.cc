#include "tests/sim/cluster/run.h"

#include <cstdlib>
#include <optional>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "broker/testing/swarm.h"
#include "broker/testing/world_log.h"
#include "common/log.h"
#include "tests/sim/cluster/workload.h"

namespace ropewalk::testing {

namespace {

using namespace std::chrono_literals;

// Virtual time: from when everything is healed until all that waited is done.
constexpr auto kHealthyWithin = 180s;

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

void add_counts(Counts& to, const Counts& from) {
  for (const auto& [name, count] : from) to[name] += count;
}

class Run {
 public:
  Run(std::uint64_t seed, const WorldKind& kind)
      : random_(sim::derive_seed(seed, "run")),
        brokers_(random_.chance(0.25) ? 5 : 3),
        replicated_(chosen(kind.replicated, random_.chance(0.25))),
        factor_(chosen(kind.factor, random_.chance(0.15) ? 1 : 3)),
        cluster_({.brokers = brokers_,
                  .seed = seed,
                  .cores = 1 + random_.below(2),
                  .segment_bytes = std::int64_t{8 << 10} << random_.below(4)}),
        log_(cluster_.world().world()),
        workload_(cluster_,
                  {.seed = seed, .replication_factor = factor_, .replicated = replicated_}),
        swarm_(cluster_, workload_.client_nodes(), seed,
               {.memory_counts = replicated_,
                .one_copy = factor_ == 1,
                .only = kind.faults,
                .pause_between = kind.pause_between}) {}

  Outcome run() {
    Outcome outcome;
    outcome.wrong = run_phases();
    for (const std::string& what : workload_.history().wrong()) outcome.wrong += "\n  " + what;
    outcome.story = fmt::format("{} brokers, factor {}, {}; faults: {}", brokers_, factor_,
                                replicated_ ? "replicated" : "synced", swarm_.describe());
    const History& history = workload_.history();
    Totals& totals = outcome.totals;
    totals.worlds = 1;
    for (std::size_t i = 0; i < kFaults; i++)
      totals.faults[std::string(name_of(static_cast<Fault>(i)))] = swarm_.counts()[i];
    totals.events = cluster_.world().counts();
    totals.operations = workload_.operations().counts();
    add_counts(totals.failures, {history.failures().begin(), history.failures().end()});
    totals.sent = history.sent();
    totals.acknowledged = history.acknowledged();
    totals.elections = history.elections();
    totals.simulated_seconds = std::chrono::duration<double>(cluster_.world().now()).count();
    return outcome;
  }

 private:
  bool sound() const { return workload_.history().wrong().empty(); }

  // What went wrong first, unless the history knows it better.
  std::string run_phases() {
    auto begun = cluster_.start_all();
    if (begun) begun = workload_.create_topics();
    if (!begun) return fmt::format("it does not even begin: {}", begun.error());
    swarm_.begin();
    const auto until = cluster_.world().now() + std::chrono::seconds(10 + random_.below(40));
    while (cluster_.world().now() < until && sound()) workload_.step();
    if (!sound()) return "contradicted while it ran";
    log_info("all faults end");
    if (const auto healed = swarm_.heal(); !healed)
      return fmt::format("not healed: {}", healed.error());
    if (!workload_.make_progress(kHealthyWithin))
      return workload_.lacks_a_leader() ? "a partition has no leader after everything was healed"
                                        : "no progress after everything was healed";
    if (!workload_.all_is_moved(kHealthyWithin)) return "replicas are on their way for ever";
    if (std::string wrong = workload_.wrong_with_topics(kHealthyWithin); !wrong.empty())
      return wrong;
    workload_.finish();
    if (!sound()) return "contradicted in the end";
    return check_what_lasts();
  }

  // All that was acknowledged lasts: over a power cut of all, or, where memory counts, their end.
  std::string check_what_lasts() {
    for (std::size_t broker = 0; broker < brokers_; broker++) {
      if (replicated_)
        cluster_.stop(broker);
      else
        cluster_.power_cut(broker);
    }
    if (const auto started = cluster_.start_all(); !started)
      return fmt::format("not started again: {}", started.error());
    if (!workload_.read_all(kHealthyWithin)) return "what was read cannot be read again";
    return "";
  }

  // Draws also what is chosen, so that a seed means the same in all else.
  template <class T>
  static T chosen(const std::optional<T>& wanted, T drawn) {
    return wanted.value_or(drawn);
  }

  env::Random random_;
  const std::size_t brokers_;
  const bool replicated_;
  const std::int32_t factor_;
  SimCluster cluster_;
  WorldLog log_;
  Workload workload_;
  Swarm swarm_;
};

}  // namespace

void Totals::add(const Totals& other) {
  add_counts(faults, other.faults);
  add_counts(events, other.events);
  add_counts(operations, other.operations);
  add_counts(failures, other.failures);
  worlds += other.worlds;
  sent += other.sent;
  acknowledged += other.acknowledged;
  elections += other.elections;
  simulated_seconds += other.simulated_seconds;
}

std::string Totals::describe(double real_seconds) const {
  std::string text = fmt::format(
      "{} worlds: {} records sent, {} acknowledged, {} elections\n"
      "{:.0f} simulated seconds, {:.0f} in a second\nfaults:",
      worlds, sent, acknowledged, elections, simulated_seconds, simulated_seconds / real_seconds);
  for (const auto& [name, count] : faults) text += fmt::format(" {} {}", name, count);
  text += "\noperations:";
  for (const auto& [name, count] : operations) text += fmt::format(" {} {}", name, count);
  text += "\nrecords that failed:";
  for (const auto& [name, count] : failures) text += fmt::format(" {} {}", name, count);
  text += "\nevents:";
  for (const auto& [name, count] : events) text += fmt::format(" {} {}", name, count);
  return text + "\n";
}

WorldKind kind_from_environment() {
  WorldKind kind;
  if (const char* const factor = std::getenv("RW_FACTOR")) kind.factor = std::atoi(factor);
  if (const char* const replicated = std::getenv("RW_REPLICATED"))
    kind.replicated = std::atoi(replicated) != 0;
  if (const char* const pause = std::getenv("RW_PAUSE"))
    kind.pause_between = std::chrono::milliseconds(std::atoi(pause));
  const char* const faults = std::getenv("RW_FAULTS");
  for (const auto& name : std::views::split(std::string_view(faults ? faults : ""), ',')) {
    if (name.empty()) continue;
    const auto fault = fault_named(std::string_view(name.begin(), name.end()));
    ENSURE(fault, "RW_FAULTS={}: there is no such fault", faults);
    kind.faults.push_back(*fault);
  }
  return kind;
}

std::string to_string(const WorldKind& kind) {
  std::string text;
  if (kind.factor) text += fmt::format("RW_FACTOR={} ", *kind.factor);
  if (kind.replicated) text += fmt::format("RW_REPLICATED={} ", *kind.replicated ? 1 : 0);
  if (kind.pause_between) text += fmt::format("RW_PAUSE={} ", kind.pause_between->count());
  for (std::size_t i = 0; i < kind.faults.size(); i++)
    text += fmt::format("{}{}", i == 0 ? "RW_FAULTS=" : ",", name_of(kind.faults[i]));
  if (!kind.faults.empty()) text += " ";
  return text;
}

Outcome run_world(std::uint64_t seed, const WorldKind& kind) {
  Run run(seed, kind);
  return run.run();
}

}  // namespace ropewalk::testing
