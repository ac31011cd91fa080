#include "client/cli/options.h"

#include <CLI/CLI.hpp>

#include "client/cli/line_record.h"

namespace ropewalk::cli {
namespace {

// Splits "a,b" and drops empty items.
std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> items;
  for (std::string item : CLI::detail::split(text, ','))
    if (!CLI::detail::trim(item).empty()) items.push_back(item);
  return items;
}

// What CLI11 stores into, before it is checked.
struct Raw {
  std::string brokers = "127.0.0.1:9192";
  std::vector<std::string> settings;
  std::string key_separator;
  std::string acks = "all";
  std::string compression = "none";
  std::string from = "beginning";
  std::string format = "text";
  std::int32_t partition = -1;
  std::int64_t count = -1;

  CreateTopic create;
  ListTopics list;
  DescribeTopics describe;
  DeleteTopic remove;
  SetTopic set;
  ShowOffsets offsets;
  std::vector<std::string> changes;
  ShowCluster cluster;
  Produce produce;
  Consume consume;
};

constexpr const char* kJsonHelp = "Print JSON instead of a table";

void define_topic(CLI::App& app, Raw& raw) {
  CLI::App* topic = app.add_subcommand("topic", "Create, look at, change and delete topics");
  topic->require_subcommand(1);
  CLI::App* create = topic->add_subcommand("create", "Create a topic");
  create->add_option("NAME", raw.create.topic.name)->required();
  create->add_option("--partitions", raw.create.topic.partitions, "How many partitions")
      ->check(CLI::Range(1, 100'000))
      ->required();
  create
      ->add_option("--replication-factor", raw.create.topic.replication_factor,
                   "Copies of each partition; the cluster's default if not said")
      ->check(CLI::Range(1, 100));
  create->add_option("--set", raw.settings, "KEY=VALUE: a setting of the topic; may be repeated")
      ->allow_extra_args(false);
  CLI::App* list = topic->add_subcommand("list", "List all topics");
  list->add_flag("--json", raw.list.json, kJsonHelp);
  CLI::App* describe = topic->add_subcommand("describe", "Show topics with their partitions");
  describe->add_option("NAME", raw.describe.names)->required();
  describe->add_flag("--json", raw.describe.json, kJsonHelp);
  CLI::App* remove = topic->add_subcommand("delete", "Delete a topic and all its records");
  remove->add_option("NAME", raw.remove.name)->required();
  CLI::App* set = topic->add_subcommand("set", "Change settings of a topic");
  set->add_option("NAME", raw.set.name)->required();
  set->add_option("CHANGE", raw.changes, "KEY=VALUE, or KEY= for the cluster's default again")
      ->required();
  CLI::App* offsets = topic->add_subcommand("offsets", "Show where each partition begins and ends");
  offsets->add_option("NAME", raw.offsets.name)->required();
  offsets->add_flag("--json", raw.offsets.json, kJsonHelp);
}

void define_produce(CLI::App& app, Raw& raw) {
  CLI::App* produce = app.add_subcommand("produce", "Send lines as records");
  produce->add_option("TOPIC", raw.produce.topic)->required();
  produce->add_option("--file", raw.produce.file, "Read this file instead of standard input");
  CLI::Option* separator =
      produce
          ->add_option("--key-separator", raw.key_separator,
                       "The character that separates a line's key from its value")
          ->check([](const std::string& text) {
            return text.empty() ? std::string("one character, not none") : std::string();
          });
  produce
      ->add_option("--json-key", raw.produce.json_key,
                   "Lines are JSON objects; the value of this field is the key")
      ->excludes(separator);
  CLI::Option* time = produce->add_option("--json-time", raw.produce.json_time,
                                          "The value of this field is the record's time");
  CLI::Option* format = produce->add_option(
      "--time-format", raw.produce.time_format,
      "How that field is written, as strptime has it (%Y-%m-%d %H:%M:%S); UTC without a zone (%z)");
  time->needs(format);
  format->needs(time);
  produce->add_option("--acks", raw.acks, "Who must have a record: all in-sync replicas, 1, 0")
      ->check(CLI::IsMember({"all", "1", "0"}))
      ->capture_default_str();
  produce->add_option("--compression", raw.compression, "none, gzip, snappy, lz4 or zstd")
      ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
      ->capture_default_str();
  produce->add_flag("--print-offsets", raw.produce.print_offsets,
                    "Print LINE PARTITION OFFSET as soon as a record is acknowledged");
}

void define_consume(CLI::App& app, Raw& raw) {
  CLI::App* consume = app.add_subcommand("consume", "Print records");
  consume->add_option("TOPIC", raw.consume.topic)->required();
  consume->add_option("--partition", raw.partition, "Only this partition")
      ->check(CLI::Range(0, 100'000));
  consume
      ->add_option("--from", raw.from,
                   "beginning, end, an offset, or a time: @MILLISECONDS or RFC 3339")
      ->capture_default_str();
  consume->add_option("--count", raw.count, "Stop after so many records")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 62));
  consume->add_flag("--follow", raw.consume.follow,
                    "Go on at the end and wait for new records; else stop at the end as it was");
  consume->add_option("--format", raw.format, "text (values only) or json (one object a line)")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

Result<CreateTopic> checked_create(Raw& raw) {
  for (const std::string& setting : raw.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Errc::invalid_request, "--set: '{}' is not KEY=VALUE", setting);
    raw.create.topic.settings.push_back({setting.substr(0, equals), setting.substr(equals + 1)});
  }
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

Result<Produce> checked_produce(Raw& raw) {
  Produce& produce = raw.produce;
  if (raw.key_separator == "\\t") raw.key_separator = "\t";
  if (raw.key_separator.size() > 1)
    return fail(Errc::invalid_request, "--key-separator: one character, not '{}'",
                raw.key_separator);
  if (!raw.key_separator.empty()) produce.key_separator = raw.key_separator[0];
  produce.acks = raw.acks == "all" ? Acks::all : raw.acks == "1" ? Acks::leader : Acks::none;
  if (produce.print_offsets && produce.acks == Acks::none)
    return fail(Errc::invalid_request,
                "--print-offsets: with --acks 0 nothing is acknowledged, so there are no offsets");
  TRY(produce.compression, compression_named(raw.compression));
  return std::move(produce);
}

Result<Consume> checked_consume(Raw& raw) {
  Consume& consume = raw.consume;
  if (raw.from == "beginning") {
    consume.from = From::beginning;
  } else if (raw.from == "end") {
    consume.from = From::end;
  } else if (const auto moment = parse_moment(raw.from)) {
    consume.from = From::time;
    consume.time = *moment;
  } else {
    consume.from = From::offset;
    if (!CLI::detail::lexical_cast(raw.from, consume.offset) || consume.offset < 0)
      return fail(Errc::invalid_request,
                  "--from: '{}' is neither beginning, end, an offset nor a time (@MILLISECONDS, or "
                  "as in 2026-01-31T12:00:00Z)",
                  raw.from);
  }
  if (raw.partition >= 0) consume.partition = raw.partition;
  if (raw.count >= 0) consume.count = raw.count;
  consume.json = raw.format == "json";
  return std::move(consume);
}

template <class T>
std::variant<Options, Leave> with_command(const Raw& raw, Result<T> command) {
  if (!command) return Leave{command.error().context + "\n", 2};
  Options options{split_commas(raw.brokers), std::move(*command)};
  if (options.brokers.empty()) return Leave{"--brokers: no address named\n", 2};
  return options;
}

}  // namespace

Result<Timestamp> parse_moment(const std::string& text) {
  std::int64_t milliseconds = 0;
  if (text.starts_with('@')) {
    if (CLI::detail::lexical_cast(text.substr(1), milliseconds))
      return Timestamp(std::chrono::milliseconds(milliseconds));
    return fail(Errc::invalid_timestamp, "'{}' is not @MILLISECONDS", text);
  }
  std::string parts = text;
  if (parts.size() > 10 && (parts[10] == 'T' || parts[10] == 't')) parts[10] = ' ';
  // strptime knows no fractions.
  const std::size_t dot = parts.find('.');
  if (dot != std::string::npos) {
    const std::size_t end = parts.find_first_not_of("0123456789", dot + 1);
    const std::string digits =
        (parts.substr(dot + 1, end == std::string::npos ? end : end - dot - 1) + "000")
            .substr(0, 3);
    if (!CLI::detail::lexical_cast(digits, milliseconds))
      return fail(Errc::invalid_timestamp, "'{}' has no digits behind its point", text);
    parts.erase(dot, end == std::string::npos ? end : end - dot);
  }
  if (!parts.empty() && (parts.back() == 'z' || parts.back() == 'Z')) parts.pop_back();
  for (const char* format : {"%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"}) {
    const auto time = parse_time(parts, format);
    if (time) return *time + std::chrono::milliseconds(milliseconds);
  }
  return fail(Errc::invalid_timestamp, "'{}' is no time as RFC 3339 has it", text);
}

std::variant<Options, Leave> parse_options(int argc, const char* const* argv) {
  Raw raw;
  CLI::App app("Talks to a Ropewalk cluster.", "ropewalk");
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", "ropewalk 0.1.0");
  app.add_option("--brokers", raw.brokers, "HOST:PORT[,HOST:PORT...]: where to begin")
      ->envname("ROPEWALK_BROKERS")
      ->capture_default_str();
  define_topic(app, raw);
  CLI::App* cluster = app.add_subcommand("cluster", "Look at the cluster");
  cluster->require_subcommand(1);
  cluster->add_subcommand("status", "Show the brokers")
      ->add_flag("--json", raw.cluster.json, kJsonHelp);
  define_produce(app, raw);
  define_consume(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Leave{app.help(), 0};
  } catch (const CLI::CallForVersion&) {
    return Leave{app.version() + "\n", 0};
  } catch (const CLI::ParseError& error) {
    return Leave{std::string(error.what()) + "\nSee ropewalk --help\n", 2};
  }
  const CLI::App& topic = *app.get_subcommand("topic");
  if (topic.got_subcommand("create")) return with_command(raw, checked_create(raw));
  if (topic.got_subcommand("list")) return with_command<ListTopics>(raw, raw.list);
  if (topic.got_subcommand("describe")) return with_command<DescribeTopics>(raw, raw.describe);
  if (topic.got_subcommand("delete")) return with_command<DeleteTopic>(raw, raw.remove);
  if (topic.got_subcommand("set")) return with_command(raw, checked_set(raw));
  if (topic.got_subcommand("offsets")) return with_command<ShowOffsets>(raw, raw.offsets);
  if (app.got_subcommand("produce")) return with_command(raw, checked_produce(raw));
  if (app.got_subcommand("consume")) return with_command(raw, checked_consume(raw));
  return with_command<ShowCluster>(raw, raw.cluster);
}

}  // namespace ropewalk::cli
