// Kinds of options that CLI11 lacks, for the files that define the command line alone: it sees
// CLI11.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/values.h"
#include "common/settings/definition.h"

namespace ropewalk::cli {

inline constexpr const char* kJsonHelp = "Print JSON instead of a table";
inline constexpr const char* kTopicHelp = "The topic";
inline constexpr const char* kFileType = "FILE";  // A shell completes names of files.
inline constexpr NumberRange kPartitionCounts{1, 100'000};
inline constexpr NumberRange kPartitions{0, kPartitionCounts.most - 1};
inline constexpr NumberRange kReplicationFactors{1, 100};
inline constexpr NumberRange kCounts{0, std::numeric_limits<std::int64_t>::max()};

// CLI11 itself would take 0x10 for 16, 010 for 8, and what does not fit for the largest that does.
inline CLI::Option* add_number(CLI::App& app, const std::string& name,
                               std::optional<std::int64_t>& into, NumberRange range,
                               const std::string& help) {
  const auto store = [&into, range, name](const std::string& text) {
    const auto number = parse_number(text, range);
    if (!number) throw CLI::ValidationError(name, number.error().context);
    into = *number;
  };
  return app.add_option_function<std::string>(name, store, help)->type_name("NUMBER");
}

// "64KiB".
inline CLI::Option* add_bytes(CLI::App& app, const std::string& name, std::size_t& into,
                              NumberRange range, const std::string& help) {
  const auto store = [&into, range, name](const std::string& text) {
    const auto bytes = settings::parse_bytes(text);
    if (!bytes || *bytes < range.least || *bytes > range.most)
      throw CLI::ValidationError(
          name, fmt::format("'{}' is no number of bytes from {} to {} (4096, 64KiB, 1MiB)", text,
                            settings::show_bytes(range.least), settings::show_bytes(range.most)));
    into = static_cast<std::size_t>(*bytes);
  };
  return app.add_option_function<std::string>(name, store, help)->type_name("BYTES");
}

// "250ms", "3s".
template <class Time>
CLI::Option* add_time(CLI::App& app, const std::string& name, Time& into, NumberRange range_ms,
                      const std::string& help) {
  const auto store = [&into, range_ms, name](const std::string& text) {
    const auto time = settings::parse_time(text);
    if (!time || time->count() < range_ms.least || time->count() > range_ms.most)
      throw CLI::ValidationError(
          name, fmt::format("'{}' is no time from {} to {} (250ms, 3s, 2min)", text,
                            settings::show_time(std::chrono::milliseconds(range_ms.least)),
                            settings::show_time(std::chrono::milliseconds(range_ms.most))));
    into = *time;
  };
  return app.add_option_function<std::string>(name, store, help)->type_name("TIME");
}

// `Text`: one or several.
template <class Text>
CLI::Option* add_text(CLI::App& app, const std::string& name, Text& into, const std::string& help) {
  return app.add_option(name, into, help)->check([](const std::string& text) {
    return text.empty() ? std::string("must not be empty") : std::string();
  });
}

// Words that a value may be, among others: for help and completion.
inline CLI::Validator among_others(const std::string& words) {
  return {[](std::string&) { return std::string(); }, fmt::format("{{{},...}}", words)};
}

}  // namespace ropewalk::cli
