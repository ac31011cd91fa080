#include "tests/sim/log/cut_trace.h"

#include <algorithm>
#include <utility>

#include "tests/sim/log/cut_choices.h"
#include "tests/sim/log/directory_life.h"

namespace ropewalk::log {
namespace {

using Life = PartitionModel::Life;
using Marker = DirectoryModel::Marker;

// Of the single steps that were not synced, at most so many are tried one by one.
constexpr std::size_t kSinglesMax = 4;
constexpr int kRandomCuts = 1;
// Of so many recoveries one is cut itself, after each of its steps.
constexpr std::uint64_t kRecoveriesUncut = 150;

bool all(std::uint64_t) { return true; }
bool none(std::uint64_t) { return false; }

// A machine whose disk is as a cut of the run left it.
struct Machine {
  Machine(std::span<const sim::DiskStep> steps, sim::CutChoice& choice) {
    do_again(steps);
    damage = disk().power_cut(choice);
  }
  ~Machine() { end_process(); }
  sim::Disk& disk() { return node.disk(kRoot); }
  void do_again(std::span<const sim::DiskStep> steps) {
    for (const sim::DiskStep& step : steps) replay.take(step);
  }

  DirectoryLife& start() {
    end_process();
    life = std::make_unique<DirectoryLife>(world, node);
    return *life;
  }
  void end_process() {
    node.kill();
    life.reset();
  }
  // The power goes, and everything with it that was not synced.
  void cut_power() {
    end_process();
    ChosenCut nothing(none, none);
    disk().power_cut(nothing);
  }

  sim::Simulation world{1};
  sim::Node& node = world.add_node("a");
  sim::DiskReplay replay{disk()};
  std::unique_ptr<DirectoryLife> life;
  sim::PowerCutDamage damage;
};

// Everything that is on it, as one text.
std::string text_of(const sim::Disk& disk) {
  std::string text;
  for (const std::string& path : disk.paths()) {
    text += path;
    text += '\0';
    if (disk.is_directory(path)) continue;
    const std::string content = disk.content(path).value();
    text += fmt::format("{} ", content.size());
    text += content;
  }
  return text;
}

LogOptions options() {
  LogOptions with;
  with.segment_bytes = 4096 + 2000;
  with.index_interval_bytes = 512;
  return with;
}

// Opens all that the journal says is there.
Result<Found> open_all(DirectoryLife& life, bool may_format) {
  TRY_VOID(life.open(may_format));
  Found found;
  found.clean_stop = life.directory().last_clean_stop().has_value();
  const auto replicas = life.directory().replicas();
  for (const auto& [partition, mark] : replicas) {
    TRY_VOID(life.open_partition(partition, options()));
    const PartitionLog& log = life.log(partition);
    if (log.durable_end() != log.readable_end())
      return fail(Errc::corrupt, "{} is durable to {} of {}", partition, log.durable_end(),
                  log.readable_end());
    TRY(auto content, life.read_all(partition));
    found.partitions[partition] = {log.log_start(), log.readable_end(), std::move(content)};
  }
  return found;
}

// Files that nothing speaks of.
std::string orphans(const sim::Disk& disk, const Found& found) {
  for (const std::string& path : disk.paths()) {
    if (!path.starts_with("partitions/")) continue;
    const bool known = std::ranges::any_of(found.partitions, [&](const auto& each) {
      const std::string folder = partition_folder(each.first);
      return path.starts_with(folder + "/") || folder == path || folder.starts_with(path + "/");
    });
    if (!known) return fmt::format("{} belongs to nobody", path);
  }
  return "";
}

std::string differs(const Found& now, const Found& before) {
  if (now.partitions.size() != before.partitions.size())
    return fmt::format("{} partitions became {}", before.partitions.size(), now.partitions.size());
  for (const auto& [partition, its] : before.partitions) {
    const auto& again = now.partitions.at(partition);
    if (again != its)
      return fmt::format("{} was {}..{} ({} bytes) and is {}..{} ({} bytes)", partition, its.start,
                         its.end, its.content.size(), again.start, again.end, again.content.size());
  }
  return "";
}

// Appends a batch to each partition; what it should hold then.
Result<Found> append_everywhere(DirectoryLife& life, Found found) {
  for (auto& [partition, its] : found.partitions) {
    life.inside(partition, [&](PartitionLog& log) {
      const LeaderEpoch epoch =
          std::max(log.epochs().last().value_or(LeaderEpoch(0)), LeaderEpoch(1));
      auto stamped =
          StampedBatch::stamp(make_batch(2, 700), log.next_offset(), epoch.next()).value();
      its.content += stamped_text(stamped);
      its.end = stamped.next_offset();
      log.append(std::move(stamped));
      log.request_sync();
    });
    if (!life.wait_durable(partition, its.end))
      return fail(Errc::request_timed_out, "an append to {} is not durable", partition);
  }
  return found;
}

// Recovers, again after all that is not synced is gone, appends, and once more: each time it is the
// same.
// `steps`: those of the first recovery.
Result<Found> recover_thrice(Machine& machine, bool formatted, std::vector<sim::DiskStep>& steps) {
  machine.disk().record([&steps](sim::DiskStep step) { steps.push_back(std::move(step)); });
  auto opened = open_all(machine.start(), !formatted);
  machine.disk().record({});
  TRY(Found found, std::move(opened));
  found.wrong = orphans(machine.disk(), found);
  machine.cut_power();
  DirectoryLife& second = machine.start();
  auto again = open_all(second, false);
  if (!again) return within("the second recovery", std::move(again).error());
  if (again->clean_stop) found.wrong = "the marker of the clean stop is there a second time";
  if (const std::string other = differs(*again, found); !other.empty())
    found.wrong = "the second recovery: " + other;
  auto appended = append_everywhere(second, *again);
  if (!appended) return within("after recovery", std::move(appended).error());
  machine.cut_power();
  auto third = open_all(machine.start(), false);
  if (!third) return within("the recovery after an append", std::move(third).error());
  if (const std::string other = differs(*third, *appended); !other.empty())
    found.wrong = "the recovery after an append: " + other;
  return found;
}

// What is wrong with a partition as it was found. A prefix of what was appended, at least up to
// what was durable.
std::string judge(const FoundPartition& found, const PartitionModel& model) {
  if (found.end < model.durable)
    return fmt::format("it ends at {}, and {} was durable", found.end, model.durable);
  if (found.start < model.start_least)
    return fmt::format("it starts at {}, and {} was promised", found.start, model.start_least);
  if (found.start > model.start_most)
    return fmt::format("it starts at {}, and {} was asked for", found.start, model.start_most);
  std::string wanted;
  Offset end;
  for (const auto& batch : model.batches) {
    if (batch->next > found.end) break;
    end = batch->next;
    if (batch->next > found.start) wanted += batch->bytes;
  }
  if (end != found.end) return fmt::format("it ends at {}, where no batch does", found.end);
  if (wanted != found.content)
    return fmt::format("{}..{} has {} bytes that are not the {} that were appended", found.start,
                       found.end, found.content.size(), wanted.size());
  return "";
}

std::string judge(const Found& found, const DirectoryModel& model) {
  if (!found.wrong.empty()) return found.wrong;
  if (found.clean_stop && model.clean_stop == Marker::absent)
    return "the marker of a clean stop, and there was none";
  if (!found.clean_stop && model.clean_stop == Marker::there)
    return "the marker of the clean stop is gone";
  for (const auto& [partition, its] : found.partitions)
    if (!model.partitions.contains(partition)) return fmt::format("{} from nowhere", partition);
  for (const auto& [partition, its] : model.partitions) {
    const auto there = found.partitions.find(partition);
    if (there == found.partitions.end()) {
      if (its.life == Life::there) return fmt::format("{} is gone", partition);
      continue;
    }
    if (its.life == Life::removed) return fmt::format("{} is back", partition);
    if (const std::string wrong = judge(there->second, its); !wrong.empty())
      return fmt::format("{}: {}", partition, wrong);
  }
  return "";
}

}  // namespace

std::string CutTrace::check_all() {
  for (std::size_t count = 0; count <= run_.steps.size(); count++) {
    std::string wrong = check_after(count);
    if (wrong.empty()) continue;
    std::string last;
    for (std::size_t i = count > 12 ? count - 12 : 0; i < count; i++)
      last += fmt::format("\n  {} {}", i + 1, sim::describe(run_.steps[i]));
    return fmt::format("cut after step {} of {}, {}\nlast steps:{}", count, run_.steps.size(),
                       wrong, last);
  }
  return "";
}

std::string CutTrace::check_after(std::size_t count) {
  UnsyncedSteps unsynced;
  {
    Machine look(std::span(run_.steps).first(count), unsynced);
  }
  const auto run = [&](std::string what, sim::CutChoice& choice) {
    std::string wrong = check(count, choice);
    return wrong.empty() ? wrong : fmt::format("{}: {}", what, wrong);
  };
  const auto chosen = [&](std::string what, ChosenCut::Keeps names, ChosenCut::Keeps bytes,
                          Tear tear = {}) {
    ChosenCut choice(std::move(names), std::move(bytes), tear);
    std::string found = run(what, choice);
    if (!found.empty() || last_recovery_.empty() || counts_.disks % kRecoveriesUncut != 0)
      return found;
    found = check_recovery(count, choice, std::exchange(last_recovery_, {}));
    return found.empty() ? found : fmt::format("{}, then {}", what, found);
  };
  std::string wrong = chosen("all that was not synced lost", none, none);
  if (wrong.empty()) wrong = chosen("everything kept", all, all);
  if (unsynced.steps.empty() || !wrong.empty()) return wrong;
  wrong = chosen("names kept, bytes lost", all, none);
  if (wrong.empty()) wrong = chosen("bytes kept, names lost", none, all);
  std::vector<std::uint64_t> singles(unsynced.steps.begin(), unsynced.steps.end());
  while (singles.size() > kSinglesMax)
    singles.erase(singles.begin() + static_cast<std::ptrdiff_t>(random_.below(singles.size())));
  for (const std::uint64_t single : singles) {
    const auto but = [single](std::uint64_t step) { return step != single; };
    const auto only = [single](std::uint64_t step) { return step == single; };
    if (wrong.empty()) wrong = chosen(fmt::format("step {} lost", single), but, but);
    if (wrong.empty()) wrong = chosen(fmt::format("only step {} kept", single), only, only);
    const auto write = unsynced.writes.find(single);
    if (write == unsynced.writes.end()) continue;
    const auto& [step, first, last] = write->second;
    if (first == last) continue;
    const std::uint64_t at = first + 1 + random_.below(last - first);
    for (const bool head : {true, false})
      if (wrong.empty())
        wrong =
            chosen(fmt::format("step {} torn at sector {}", step, at), all, all, {step, at, head});
  }
  for (int i = 0; i < kRandomCuts && wrong.empty(); i++) {
    sim::RandomCut choice(random_);
    wrong = run("by chance", choice);
  }
  return wrong;
}

// The power goes again in the middle of the recovery: after each of its steps, with none, all or
// some of what was not synced.
std::string CutTrace::check_recovery(std::size_t count, sim::CutChoice& choice,
                                     const std::vector<sim::DiskStep>& steps) {
  DirectoryModel model = run_.model_after(count);
  if (model.clean_stop == Marker::there) model.clean_stop = Marker::perhaps;
  for (std::size_t done = 1; done <= steps.size(); done++) {
    for (int what = 0; what < 3; what++) {
      Machine machine(std::span(run_.steps).first(count), choice);
      machine.do_again(std::span(steps).first(done));
      ChosenCut whole(what == 0 ? none : all, what == 0 ? none : all);
      sim::RandomCut some(random_);
      sim::CutChoice& again = what == 2 ? static_cast<sim::CutChoice&>(some) : whole;
      machine.disk().power_cut(again);
      counts_.cuts_of_recovery++;
      std::vector<sim::DiskStep> unused;
      auto recovered = recover_thrice(machine, model.formatted, unused);
      const std::string wrong = recovered ? judge(*recovered, model) : to_string(recovered.error());
      if (!wrong.empty())
        return fmt::format("recovery cut after its step {} of {} ({}), {}: {}", done, steps.size(),
                           sim::describe(steps[done - 1]),
                           what == 0   ? "all lost"
                           : what == 1 ? "all kept"
                                       : "by chance",
                           wrong);
    }
  }
  return "";
}

std::string CutTrace::check(std::size_t count, sim::CutChoice& choice) {
  last_recovery_.clear();
  const DirectoryModel& model = run_.model_after(count);
  Machine machine(std::span(run_.steps).first(count), choice);
  counts_.cuts++;
  counts_.torn_files += machine.damage.torn_files;
  counts_.lost_entries += machine.damage.lost_entries;
  counts_.lost_writes += machine.damage.lost_writes;
  std::string disk = text_of(machine.disk());
  disk += model.formatted ? 'f' : 'n';
  auto& found = seen_[std::hash<std::string>()(disk)];
  if (!found) {
    counts_.disks++;
    auto recovered = recover_thrice(machine, model.formatted, last_recovery_);
    found = std::make_shared<const Found>(
        recovered ? std::move(*recovered) : Found{{}, false, to_string(recovered.error())});
  }
  return judge(*found, model);
}

}  // namespace ropewalk::log
