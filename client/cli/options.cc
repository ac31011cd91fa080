#include "client/cli/options.h"

#include <CLI/CLI.hpp>

#include "client/cli/bench_flags.h"
#include "client/cli/brackets.h"
#include "client/cli/flags.h"
#include "client/cli/generated.h"
#include "client/cli/operate_flags.h"
#include "client/cli/produce_flags.h"
#include "client/cli/usage.h"
#include "client/cli/voters_flags.h"
#include "common/version.h"

namespace ropewalk::cli {
namespace {

// What CLI11 stores into, before it is checked.
struct Raw {
  std::string brokers = "127.0.0.1:9192";
  std::string brokers_origin = "--brokers";
  std::vector<std::string> settings;
  std::string from = "beginning";
  std::string before;
  std::string format = "text";
  std::optional<std::int64_t> partitions;
  std::optional<std::int64_t> replication_factor;
  std::optional<std::int64_t> partition;
  std::optional<std::int64_t> count;

  CreateTopic create;
  ListTopics list;
  DescribeTopics describe;
  DeleteTopic remove;
  SetTopic set;
  ShowOffsets offsets;
  std::vector<std::string> changes;
  ShowCluster cluster;
  ShowBrokers brokers_shown;
  VotersFlags voters;
  ProduceFlags produce;
  BenchFlags bench;
  OperateFlags operate;
  Consume consume;
  DeleteRecords delete_records;
  GeneratedText generated;
};

void define_topic(CLI::App& app, Raw& raw) {
  CLI::App* topic = app.add_subcommand("topic", "Create, look at, change and delete topics");
  topic->require_subcommand(1);
  CLI::App* create = topic->add_subcommand("create", "Create a topic");
  add_text(*create, "NAME", raw.create.topic.name, "What the topic is to be called")->required();
  add_number(*create, "--partitions", raw.partitions, kPartitionCounts, "How many partitions")
      ->required();
  add_number(*create, "--replication-factor", raw.replication_factor, kReplicationFactors,
             "Copies of each partition; the cluster's default if not said");
  create->add_option("--set", raw.settings, "KEY=VALUE: a setting of the topic; may be repeated")
      ->allow_extra_args(false);
  CLI::App* list = topic->add_subcommand("list", "List all topics");
  list->add_flag("--json", raw.list.json, kJsonHelp);
  CLI::App* describe = topic->add_subcommand("describe", "Show topics with their partitions");
  add_text(*describe, "NAME", raw.describe.names, "One topic or several")->required();
  describe->add_flag("--json", raw.describe.json, kJsonHelp);
  CLI::App* remove = topic->add_subcommand("delete", "Delete a topic and all its records");
  add_text(*remove, "NAME", raw.remove.name, kTopicHelp)->required();
  CLI::App* set = topic->add_subcommand("set", "Change settings of a topic");
  add_text(*set, "NAME", raw.set.name, kTopicHelp)->required();
  set->add_option("CHANGE", raw.changes, "KEY=VALUE, or KEY= for the cluster's default again")
      ->required();
  CLI::App* offsets = topic->add_subcommand("offsets", "Show where each partition begins and ends");
  add_text(*offsets, "NAME", raw.offsets.name, kTopicHelp)->required();
  offsets->add_flag("--json", raw.offsets.json, kJsonHelp);
  raw.operate.define_below_topic(*topic);
}

void define_consume(CLI::App& app, Raw& raw) {
  CLI::App* consume = app.add_subcommand("consume", "Print records");
  add_text(*consume, "TOPIC", raw.consume.topic, kTopicHelp)->required();
  add_number(*consume, "--partition", raw.partition, kPartitions, "Only this partition");
  consume
      ->add_option("--from", raw.from,
                   "beginning, end, an offset, -N (the last N of each partition), or a time: "
                   "@MILLISECONDS or RFC 3339")
      ->check(among_others("beginning,end"))
      ->capture_default_str();
  add_number(*consume, "--count", raw.count, kCounts, "Stop after so many records");
  consume->add_flag("--follow", raw.consume.follow,
                    "Go on at the end and wait for new records; else stop at the end as it was");
  add_text(*consume, "--format", raw.format,
           "text (values only), json (one object a line), or a format: %t topic, %p partition, %o "
           "offset, %T timestamp, %k key, %s value, %K and %S their lengths, %h headers, %%; and "
           "escapes: \\n \\t \\0 \\xHH")
      ->check(among_others("text,json"))
      ->capture_default_str();
}

void define_records(CLI::App& app, Raw& raw) {
  CLI::App* records = app.add_subcommand("records", "Delete records");
  records->require_subcommand(1);
  CLI::App* remove = records->add_subcommand("delete", "Delete the oldest records, for good");
  add_text(*remove, "TOPIC", raw.delete_records.topic, kTopicHelp)->required();
  add_text(
      *remove, "--before", raw.before,
      "What stays begins here: end (nothing stays), an offset (with --partition), -N (the last "
      "N of each partition stay), or a time: @MILLISECONDS or RFC 3339")
      ->required();
  add_number(*remove, "--partition", raw.partition, kPartitions, "Only this partition");
  remove->add_flag("--json", raw.delete_records.json, kJsonHelp);
}

Result<CreateTopic> checked_create(Raw& raw) {
  for (const std::string& setting : raw.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Errc::invalid_request, "--set: '{}' is not KEY=VALUE", setting);
    raw.create.topic.settings.push_back({setting.substr(0, equals), setting.substr(equals + 1)});
  }
  raw.create.topic.partitions = static_cast<std::int32_t>(raw.partitions.value_or(0));
  raw.create.topic.replication_factor =
      static_cast<std::int32_t>(raw.replication_factor.value_or(0));
  return std::move(raw.create);
}

Result<SetTopic> checked_set(Raw& raw) {
  for (const std::string& change : raw.changes) {
    const std::size_t equals = change.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Errc::invalid_request, "topic set: '{}' is not KEY=VALUE", change);
    TopicSettingChange& into = raw.set.changes.emplace_back();
    into.name = change.substr(0, equals);
    if (equals + 1 < change.size()) into.value = change.substr(equals + 1);
  }
  return std::move(raw.set);
}

Result<RecordFormat> checked_format(const std::string& text) {
  if (text == "text") return RecordFormat::parse("%s\\n");
  if (!text.contains('%'))
    return fail(Errc::invalid_request,
                "'{}' is neither text, json nor a format with directives such as '%k %s\\n'", text);
  return RecordFormat::parse(text);
}

Result<Consume> checked_consume(Raw& raw) {
  Consume& consume = raw.consume;
  auto start = parse_start(raw.from);
  if (!start) return within("--from", std::move(start).error());
  consume.start = *start;
  if (raw.partition) consume.partition = static_cast<std::int32_t>(*raw.partition);
  consume.count = raw.count;
  if (raw.format != "json") {
    auto format = checked_format(raw.format);
    if (!format) return within("--format", std::move(format).error());
    consume.format = std::move(*format);
  }
  return std::move(consume);
}

Result<DeleteRecords> checked_delete_records(Raw& raw) {
  DeleteRecords& remove = raw.delete_records;
  auto before = parse_start(raw.before);
  if (!before) return within("--before", std::move(before).error());
  if (before->from == From::beginning)
    return fail(Errc::invalid_request, "--before: nothing is before the beginning");
  if (before->from == From::offset && !raw.partition)
    return fail(Errc::invalid_request,
                "--before: an offset is one of one partition: name it with --partition");
  remove.before = *before;
  if (raw.partition) remove.partition = static_cast<std::int32_t>(*raw.partition);
  return std::move(remove);
}

template <class T>
Result<Options> with_command(const Raw& raw, Result<T> command) {
  if (!command) return fail(std::move(command).error());
  auto brokers = parse_brokers(raw.brokers);
  if (!brokers) return within(raw.brokers_origin, std::move(brokers).error());
  return Options{std::move(*brokers), std::move(*command)};
}

Result<Options> checked(const CLI::App& app, Raw& raw) {
  const CLI::App& topic = *app.get_subcommand("topic");
  if (topic.got_subcommand("create")) return with_command(raw, checked_create(raw));
  if (topic.got_subcommand("list")) return with_command<ListTopics>(raw, raw.list);
  if (topic.got_subcommand("describe")) return with_command<DescribeTopics>(raw, raw.describe);
  if (topic.got_subcommand("delete")) return with_command<DeleteTopic>(raw, raw.remove);
  if (topic.got_subcommand("set")) return with_command(raw, checked_set(raw));
  if (topic.got_subcommand("offsets")) return with_command<ShowOffsets>(raw, raw.offsets);
  if (app.got_subcommand("produce")) return with_command(raw, raw.produce.checked());
  if (app.got_subcommand("consume")) return with_command(raw, checked_consume(raw));
  if (app.got_subcommand("records")) return with_command(raw, checked_delete_records(raw));
  if (raw.operate.is_asked()) return with_command(raw, raw.operate.checked());
  if (raw.bench.is("produce")) return with_command(raw, raw.bench.checked_produce());
  if (raw.bench.is("consume")) return with_command(raw, raw.bench.checked_consume());
  if (raw.bench.is("latency")) return with_command(raw, raw.bench.checked_latency());
  if (raw.bench.is("failover")) return with_command(raw, raw.bench.checked_failover());
  if (app.get_subcommand("cluster")->got_subcommand("brokers"))
    return with_command<ShowBrokers>(raw, raw.brokers_shown);
  if (raw.voters.given() && raw.voters.is("list"))
    return with_command<ShowVoters>(raw, raw.voters.checked_list());
  if (raw.voters.given()) return with_command(raw, raw.voters.checked_change());
  return with_command<ShowCluster>(raw, raw.cluster);
}

void define_all(CLI::App& app, Raw& raw) {
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("ropewalk {}", version()));
  app.add_option("--brokers", raw.brokers,
                 "HOST:PORT[,HOST:PORT...]: where to begin; ROPEWALK_BROKERS if not given")
      ->capture_default_str();
  define_topic(app, raw);
  CLI::App* cluster = app.add_subcommand("cluster", "Look at the cluster, and work it");
  cluster->require_subcommand(1);
  cluster->add_subcommand("status", "Show how the brokers and partitions are")
      ->add_flag("--json", raw.cluster.json, kJsonHelp);
  cluster->add_subcommand("brokers", "Show the brokers with what each leads and holds")
      ->add_flag("--json", raw.brokers_shown.json, kJsonHelp);
  raw.operate.define_below_cluster(*cluster);
  raw.voters.define(*cluster);
  raw.produce.define(app);
  define_consume(app, raw);
  define_records(app, raw);
  raw.bench.define(app);
  raw.generated.define(app);
  undo_protection(app);
}

}  // namespace

std::variant<Options, Leave> parse_options(int argc, const char* const* argv,
                                           const std::string& environment_brokers) {
  Raw raw;
  CLI::App app("Talks to a Ropewalk cluster.", "ropewalk");
  define_all(app, raw);
  try {
    app.parse(protected_brackets(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return Leave{app.help(), 0};
  } catch (const CLI::CallForVersion&) {
    return Leave{app.version() + "\n", 0};
  } catch (const CLI::ParseError& error) {
    return wrong_usage(app, without_protection(words_of(app, error)));
  }
  if (auto text = raw.generated.asked(app)) return std::move(*text);
  if (app.count("--brokers") == 0 && !environment_brokers.empty()) {
    raw.brokers = environment_brokers;
    raw.brokers_origin = "ROPEWALK_BROKERS";
  }
  auto options = checked(app, raw);
  if (!options) return wrong_usage(app, options.error().context);
  return std::move(*options);
}

}  // namespace ropewalk::cli
