#include "common/settings/source.h"

#include <set>

#include "common/nearest.h"

namespace ropewalk::settings {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The value without its comment and its quotes. Errors: invalid_setting (an open quote).
Result<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"')) {
    for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1))
      if (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t')
        return std::string(trimmed(text.substr(0, at)));
    return std::string(text);
  }
  const std::size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return fail(Errc::invalid_setting, "the quote is not closed");
  const std::string_view behind = trimmed(text.substr(end + 1));
  if (!behind.empty() && !behind.starts_with('#'))
    return fail(Errc::invalid_setting, "'{}' stands behind the closing quote", behind);
  return std::string(text.substr(1, end - 1));
}

}  // namespace

std::string unknown_setting(const Schema& schema, std::string_view key) {
  return fmt::format("there is no setting {}{}", key, did_you_mean(key, schema.keys()));
}

Result<std::vector<Value>> read_settings_text(const Schema& schema, std::string_view file_name,
                                              std::string_view text) {
  std::vector<Value> values;
  std::set<std::string, std::less<>> seen;
  for (int number = 1; !text.empty(); number++) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::string origin = fmt::format("{} line {}", file_name, number);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      return fail(Errc::invalid_setting, "{}: '{}' is not KEY = VALUE", origin, line);
    const std::string key(trimmed(line.substr(0, equals)));
    if (schema.find(key) == nullptr)
      return fail(Errc::invalid_setting, "{}: {}", origin, unknown_setting(schema, key));
    if (!seen.insert(key).second)
      return fail(Errc::invalid_setting, "{}: {} is set twice in this file", origin, key);
    auto value = unquoted(trimmed(line.substr(equals + 1)));
    if (!value) return within(fmt::format("{}: {}", origin, key), std::move(value).error());
    values.push_back({key, std::move(*value), origin});
  }
  return values;
}

std::vector<Value> read_settings_environment(const Schema& schema, const Environ& environ) {
  std::vector<Value> values;
  for (const Definition& definition : schema.definitions()) {
    const std::string name = definition.environment();
    auto text = environ(name);
    if (text && !text->empty()) values.push_back({definition.key, std::move(*text), name});
  }
  return values;
}

Result<void> apply(const Schema& schema, std::span<const Value> values) {
  for (const Value& value : values) {
    const Definition* definition = schema.find(value.key);
    if (definition == nullptr)
      return fail(Errc::invalid_setting, "{}: {}", value.origin,
                  unknown_setting(schema, value.key));
    auto assigned = definition->assign(value.text);
    if (!assigned)
      return fail(Errc::invalid_setting, "{} ({}): {}; accepted: {}", value.key, value.origin,
                  assigned.error().context, definition->accepts);
  }
  return {};
}

}  // namespace ropewalk::settings
