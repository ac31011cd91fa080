#include "client/cli/operate_flags.h"

#include "client/cli/flags.h"
#include "client/cli/move_plan.h"

namespace ropewalk::cli {
namespace {

constexpr NumberRange kBrokers{0, std::numeric_limits<std::int32_t>::max()};
constexpr NumberRange kFeatureLevels{1, std::numeric_limits<std::int32_t>::max()};

struct Given {
  const char* name;
  bool is;
};
// Errors: the first that is given, which has no effect with `what`.
Result<void> refuse_beside(const char* what, std::initializer_list<Given> others) {
  for (const Given& other : others)
    if (other.is)
      return fail(Errc::invalid_request, "{} has no effect beside {}", other.name, what);
  return {};
}

std::int32_t small(std::int64_t number) { return static_cast<std::int32_t>(number); }

}  // namespace

void OperateFlags::define_consent(CLI::App& command) {
  CLI::Option* yes = command.add_flag("--yes", consent_.yes, "Do it without asking");
  command.add_flag("--dry-run", consent_.dry_run, "Only show what would be done")->excludes(yes);
  command.add_flag("--json", json_, kJsonHelp);
}

void OperateFlags::define_below_topic(CLI::App& topic) {
  elect_ = topic.add_subcommand("elect", "Give partitions to the first of their replicas");
  add_text(*elect_, "TOPIC", topic_, kTopicHelp);
  elect_->add_flag("--all", all_, "All topics");
  elect_->add_option("--partition", partitions_, "Only this partition; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NUMBER");
  elect_->add_flag("--unclean", unclean_,
                   "Where nobody leads, give it to whoever is there: what that one lacks is LOST");
  define_consent(*elect_);
}

void OperateFlags::define_below_cluster(CLI::App& cluster) {
  balance_ = cluster.add_subcommand(
      "balance", "Give every partition to the first of its replicas, as they are spread evenly");
  define_consent(*balance_);
  define_reassign(cluster);
  define_drain(cluster);
  unregister_ = cluster.add_subcommand("unregister",
                                       "Forget a broker that is stopped and will not come back");
  add_number(*unregister_, "BROKER", broker_, kBrokers, "Its number")->required();
  features_ = cluster.add_subcommand("features", "Show what the cluster has agreed to use");
  features_->add_flag("--json", json_, kJsonHelp);
  define_upgrade(cluster);
}

void OperateFlags::define_upgrade(CLI::App& cluster) {
  upgrade_ = cluster.add_subcommand(
      "upgrade", "Use what newer builds can, once all brokers are such: there is no way back");
  add_text(*upgrade_, "--feature", feature_, "Which")->capture_default_str();
  add_number(*upgrade_, "--to", level_, kFeatureLevels,
             "The level; if not said, the highest that all brokers know");
  define_consent(*upgrade_);
}

void OperateFlags::define_reassign(CLI::App& cluster) {
  reassign_ = cluster.add_subcommand("reassign", "Move replicas to other brokers");
  add_text(*reassign_, "--file", file_,
           "A plan, as --dry-run --json prints it or Kafka's kafka-reassign-partitions has it")
      ->type_name(kFileType);
  add_text(*reassign_, "--topic", topic_, "The topic of the partition to move");
  add_number(*reassign_, "--partition", partition_, kPartitions, "The partition to move");
  add_text(*reassign_, "--replicas", replicas_,
           "1,2,3: the brokers that are to hold it, the one that is to lead first");
  reassign_->add_flag("--status", status_, "Show what is under way and how far it is");
  reassign_->add_flag("--cancel", cancel_,
                      "Call off what is under way, all or what --topic and --partition say");
  reassign_->add_flag("--wait", wait_, "End when the moves have ended");
  define_consent(*reassign_);
}

void OperateFlags::define_drain(CLI::App& cluster) {
  drain_ = cluster.add_subcommand(
      "drain", "Move all replicas of a broker to others, and give it no new ones");
  add_number(*drain_, "BROKER", broker_, kBrokers, "Its number")->required();
  drain_->add_flag("--status", status_, "Show what is under way and how far it is");
  drain_->add_flag("--cancel", cancel_, "Call off what is under way; it may get replicas again");
  drain_->add_flag("--end", end_, "It may get replicas again");
  drain_->add_flag("--wait", wait_, "End when the moves have ended");
  define_consent(*drain_);
}

bool OperateFlags::is_asked() const {
  for (const CLI::App* each :
       {elect_, balance_, reassign_, drain_, unregister_, features_, upgrade_})
    if (each->parsed()) return true;
  return false;
}

Result<Command> OperateFlags::checked() {
  if (elect_->parsed()) return checked_elect();
  if (reassign_->parsed()) return checked_reassign();
  if (drain_->parsed()) return checked_drain();
  if (features_->parsed()) return Command(ShowFeatures{.json = json_});
  if (upgrade_->parsed()) {
    UpgradeCluster upgrade{.feature = feature_, .consent = consent_, .json = json_};
    if (level_) upgrade.level = small(*level_);
    return Command(std::move(upgrade));
  }
  if (unregister_->parsed()) return Command(UnregisterBroker{.broker = small(*broker_)});
  return Command(BalanceLeaders{.consent = consent_, .json = json_});
}

Result<Command> OperateFlags::checked_elect() {
  if (topic_.empty() != all_)
    return fail(Errc::invalid_request, "either a topic or --all says where to elect");
  ElectLeaders elect{.topic = topic_, .consent = consent_, .json = json_};
  for (const std::string& text : partitions_) {
    auto number = parse_number(text, kPartitions);
    if (!number) return within("--partition", std::move(number).error());
    elect.partitions.push_back(small(*number));
  }
  if (all_) TRY_VOID(refuse_beside("--all", {{"--partition", !partitions_.empty()}}));
  if (unclean_)
    elect.kind = ElectionKind::unclean;
  else
    TRY_VOID(refuse_beside("an election that loses nothing",
                           {{"--yes", consent_.yes}, {"--dry-run", consent_.dry_run}}));
  return Command(std::move(elect));
}

std::optional<std::int32_t> OperateFlags::partition() const {
  if (!partition_) return std::nullopt;
  return small(*partition_);
}

Result<Command> OperateFlags::checked_reassign() {
  const Given file{"--file", !file_.empty()}, topic{"--topic", !topic_.empty()},
      partition_given{"--partition", partition_.has_value()},
      replicas{"--replicas", !replicas_.empty()}, yes{"--yes", consent_.yes},
      dry_run{"--dry-run", consent_.dry_run}, wait{"--wait", wait_}, cancel{"--cancel", cancel_};
  if (status_) {
    TRY_VOID(
        refuse_beside("--status", {cancel, file, topic, partition_given, replicas, yes, dry_run}));
    return Command(ShowReassignments{.wait = wait_, .json = json_});
  }
  if (cancel_) {
    TRY_VOID(refuse_beside("--cancel", {file, replicas, wait}));
    if (partition_given.is && !topic.is)
      return fail(Errc::invalid_request, "--partition goes with --topic");
    return Command(CancelReassignments{
        .topic = topic_, .partition = partition(), .consent = consent_, .json = json_});
  }
  if (dry_run.is) TRY_VOID(refuse_beside("--dry-run", {wait}));
  Reassign reassign{.file = file_, .consent = consent_, .wait = wait_, .json = json_};
  if (file.is) {
    TRY_VOID(refuse_beside("--file", {topic, partition_given, replicas}));
    return Command(std::move(reassign));
  }
  if (!topic.is || !partition_given.is || !replicas.is)
    return fail(Errc::invalid_request,
                "what to move: --file PLAN, or --topic, --partition and --replicas; or --status or "
                "--cancel");
  auto wanted = parse_replicas(replicas_);
  if (!wanted) return within("--replicas", std::move(wanted).error());
  reassign.wanted.push_back({{topic_, *partition()}, *std::move(wanted)});
  return Command(std::move(reassign));
}

Result<Command> OperateFlags::checked_drain() {
  const Given yes{"--yes", consent_.yes}, dry_run{"--dry-run", consent_.dry_run},
      wait{"--wait", wait_}, cancel{"--cancel", cancel_};
  const std::int32_t broker = small(*broker_);
  if (end_) {
    TRY_VOID(refuse_beside("--end",
                           {{"--status", status_}, cancel, yes, dry_run, wait, {"--json", json_}}));
    return Command(EndDrain{.broker = broker});
  }
  if (status_) {
    TRY_VOID(refuse_beside("--status", {cancel, yes, dry_run}));
    return Command(ShowReassignments{.leaving = broker, .wait = wait_, .json = json_});
  }
  if (cancel_) {
    TRY_VOID(refuse_beside("--cancel", {wait}));
    return Command(CancelReassignments{.leaving = broker, .consent = consent_, .json = json_});
  }
  if (dry_run.is) TRY_VOID(refuse_beside("--dry-run", {wait}));
  return Command(DrainBroker{.broker = broker, .consent = consent_, .wait = wait_, .json = json_});
}

}  // namespace ropewalk::cli
