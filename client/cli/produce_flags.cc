#include "client/cli/produce_flags.h"

#include "client/cli/escapes.h"
#include "client/cli/flags.h"
#include "common/records/compression.h"

namespace ropewalk::cli {
namespace {

// Of any codec: check_level() knows those of the one.
constexpr NumberRange kLevels{-131'072, 22};

}  // namespace

void SendFlags::define(CLI::App& command) {
  command.add_option("--acks", acks_, "Who must have a record: all in-sync replicas, 1, 0")
      ->check(CLI::IsMember({"all", "1", "0"}))
      ->capture_default_str();
  command.add_option("--compression", compression_, "none, gzip, snappy, lz4 or zstd")
      ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
      ->capture_default_str();
  add_number(command, "--compression-level", level_, kLevels,
             "gzip 1 to 9, lz4 1 to 12, zstd -131072 to 22; as the codec thinks best if not said");
}

Result<void> SendFlags::check() {
  acks = acks_ == "all" ? Acks::all : acks_ == "1" ? Acks::leader : Acks::none;
  TRY(compression, compression_named(compression_));
  if (!level_) return {};
  auto known = check_level(static_cast<Codec>(compression), *level_);
  if (!known) return within("--compression-level", std::move(known).error());
  compression_level = static_cast<int>(*level_);
  return {};
}

void ProduceFlags::define(CLI::App& app) {
  command_ = app.add_subcommand("produce", "Send lines as records");
  add_text(*command_, "TOPIC", produce_.topic, kTopicHelp)->required();
  define_input(*command_);
  define_json_fields(*command_);
  add_text(*command_, "--header", headers_,
           "KEY=VALUE, or KEY for a header without a value: of every record; may be repeated")
      ->allow_extra_args(false);
  add_number(*command_, "--partition", partition_, kPartitions, "Send all records to this one");
  send_.define(*command_);
  command_->add_flag("--print-offsets", produce_.print_offsets,
                     "Print LINE PARTITION OFFSET as soon as a record is acknowledged");
}

void ProduceFlags::define_input(CLI::App& command) {
  add_text(command, "--file", produce_.file, "Read this file instead of standard input")
      ->type_name(kFileType);
  command
      .add_option("--format", format_,
                  "text, or json: lines as `consume --format json` prints them, with headers")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  CLI::Option* delimiter =
      add_text(command, "--delimiter", delimiter_,
               std::string("What stands behind each line; may have escapes: ") + kEscapes.data())
          ->capture_default_str();
  command.add_flag("--whole", whole_, "The whole input is one record, line breaks and all")
      ->excludes(delimiter);
  add_text(command, "--key-separator", key_separator_,
           "The character that separates a line's key from its value; may be an escape");
  command
      .add_option_function<std::string>(
          "--null-marker", [this](const std::string& text) { produce_.null_marker = text; },
          "A key or value that is exactly this (may be '') is missing instead")
      ->type_name("TEXT");
}

void ProduceFlags::define_json_fields(CLI::App& command) {
  add_text(command, "--json-key", produce_.json_key,
           "Lines are JSON objects; the value of this field is the key")
      ->excludes(command.get_option("--key-separator"));
  CLI::Option* time = add_text(command, "--json-time", produce_.json_time,
                               "The value of this field is the record's time");
  CLI::Option* format = add_text(
      command, "--time-format", produce_.time_format,
      "How that field is written, as strptime has it (%Y-%m-%d %H:%M:%S); UTC without a zone (%z)");
  time->needs(format);
  format->needs(time);
}

Result<Produce> ProduceFlags::checked() {
  TRY_VOID(check_input());
  TRY_VOID(send_.check());
  produce_.acks = send_.acks;
  produce_.compression = send_.compression;
  produce_.compression_level = send_.compression_level;
  if (partition_) produce_.partition = static_cast<std::int32_t>(*partition_);
  for (const std::string& header : headers_) produce_.headers.push_back(parse_header(header));
  if (produce_.print_offsets && produce_.acks == Acks::none)
    return fail(Errc::invalid_request,
                "--print-offsets: with --acks 0 nothing is acknowledged, so there are no offsets");
  return std::move(produce_);
}

Result<void> ProduceFlags::check_input() {
  if (format_ == "json") {
    TRY_VOID(check_excluded(*command_));
    produce_.format = LineFormat::json;
  }
  auto delimiter = unescape(delimiter_);
  if (!delimiter) return within("--delimiter", std::move(delimiter).error());
  produce_.delimiter = whole_ ? "" : std::move(*delimiter);
  auto separator = unescape(key_separator_);
  if (!separator) return within("--key-separator", std::move(separator).error());
  if (separator->size() > 1)
    return fail(Errc::invalid_request, "--key-separator: one character, not '{}'", key_separator_);
  if (!separator->empty()) produce_.key_separator = separator->front();
  return {};
}

// An option without effect is a mistake.
Result<void> ProduceFlags::check_excluded(const CLI::App& command) const {
  for (const char* name : {"--key-separator", "--null-marker", "--json-key", "--json-time"})
    if (command.count(name) > 0)
      return fail(Errc::invalid_request,
                  "{}: with --format json a line says itself what its key, value and time are",
                  name);
  return {};
}

}  // namespace ropewalk::cli
