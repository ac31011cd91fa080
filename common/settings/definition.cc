#include "common/settings/definition.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ropewalk::settings {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr Unit kByteUnits[] = {
    {"TiB", 1LL << 40}, {"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}};
constexpr Unit kTimeUnits[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}};

// The number and what stands behind it. Errors: invalid_setting.
Result<std::pair<std::int64_t, std::string_view>> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range)
    return fail(Errc::invalid_setting, "'{}' is out of range", text);
  if (error != std::errc()) return fail(Errc::invalid_setting, "'{}' is no number", text);
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  return std::pair(number, rest);
}

Result<std::int64_t> with_unit(std::string_view text, std::span<const Unit> units,
                               std::string_view smallest, std::string_view what) {
  TRY(const auto parsed, parse_number(text));
  if (parsed.second == smallest) return parsed.first;
  for (const Unit& unit : units) {
    if (parsed.second != unit.name) continue;
    if (parsed.first > std::numeric_limits<std::int64_t>::max() / unit.factor || parsed.first < 0)
      return fail(Errc::invalid_setting, "'{}' is out of range", text);
    return parsed.first * unit.factor;
  }
  return fail(Errc::invalid_setting, "'{}' is no {}", text, what);
}

Result<void> check_bounds(std::string_view text, std::int64_t value, Bounds bounds) {
  if (value < bounds.least || value > bounds.most)
    return fail(Errc::invalid_setting, "'{}' is out of range", text);
  return {};
}

}  // namespace

std::string Definition::flag() const {
  std::string name = "--" + key;
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string Definition::environment() const {
  std::string name = "ROPEWALK_" + key;
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

std::string show_bytes(std::int64_t bytes) {
  for (const Unit& unit : kByteUnits) {
    if (bytes != 0 && bytes % unit.factor == 0)
      return fmt::format("{}{}", bytes / unit.factor, unit.name);
  }
  return fmt::format("{}", bytes);
}

std::string show_time(std::chrono::milliseconds time) {
  for (const Unit& unit : kTimeUnits) {
    if (time.count() != 0 && time.count() % unit.factor == 0)
      return fmt::format("{}{}", time.count() / unit.factor, unit.name);
  }
  return fmt::format("{}ms", time.count());
}

Result<std::int64_t> parse_bytes(std::string_view text) {
  return with_unit(text, kByteUnits, "", "number of bytes (64MiB, 1GiB, 4096)");
}

Result<std::chrono::milliseconds> parse_time(std::string_view text) {
  TRY(const std::int64_t count,
      with_unit(text, kTimeUnits, "ms", "time (250ms, 3s, 2min, 1h, 7d)"));
  return std::chrono::milliseconds(count);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (item.starts_with(' ') || item.starts_with('\t')) item.remove_prefix(1);
    while (item.ends_with(' ') || item.ends_with('\t')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

void Schema::add(Definition definition) {
  ENSURE(find(definition.key) == nullptr, "setting {} is defined twice", definition.key);
  definition.section = section_;
  definitions_.push_back(std::move(definition));
}

void Schema::count(std::int64_t& field, Naming naming, Bounds bounds) {
  add({.key = std::move(naming.key),
       .help = std::move(naming.help),
       .accepts = fmt::format("a number from {} to {}", bounds.least, bounds.most),
       .initial = fmt::format("{}", field),
       .type = SettingType::int64,
       .assign = [&field, bounds](std::string_view text) -> Result<void> {
         TRY(const auto parsed, parse_number(text));
         if (!parsed.second.empty()) return fail(Errc::invalid_setting, "'{}' is no number", text);
         TRY_VOID(check_bounds(text, parsed.first, bounds));
         field = parsed.first;
         return {};
       }});
}

void Schema::bytes(std::int64_t& field, Naming naming, Bounds bounds) {
  add({.key = std::move(naming.key),
       .help = std::move(naming.help),
       .accepts = fmt::format("bytes from {} to {} (KiB, MiB, GiB, TiB)", show_bytes(bounds.least),
                              show_bytes(bounds.most)),
       .unit = "bytes",
       .initial = show_bytes(field),
       .assign = [&field, bounds](std::string_view text) -> Result<void> {
         TRY(const std::int64_t value, parse_bytes(text));
         TRY_VOID(check_bounds(text, value, bounds));
         field = value;
         return {};
       }});
}

void Schema::time(std::chrono::milliseconds& field, Naming naming, TimeBounds bounds) {
  add({.key = std::move(naming.key),
       .help = std::move(naming.help),
       .accepts = fmt::format("a time from {} to {} (ms, s, min, h, d)", show_time(bounds.least),
                              show_time(bounds.most)),
       .unit = "time",
       .initial = show_time(field),
       .assign = [&field, bounds](std::string_view text) -> Result<void> {
         TRY(const std::chrono::milliseconds value, parse_time(text));
         TRY_VOID(check_bounds(text, value.count(), {bounds.least.count(), bounds.most.count()}));
         field = value;
         return {};
       }});
}

void Schema::toggle(bool& field, Naming naming) {
  add({.key = std::move(naming.key),
       .help = std::move(naming.help),
       .accepts = "true or false",
       .initial = field ? "true" : "false",
       .is_switch = true,
       .words = {"true", "false"},
       .type = SettingType::boolean,
       .assign = [&field](std::string_view text) -> Result<void> {
         if (text != "true" && text != "false")
           return fail(Errc::invalid_setting, "'{}' is neither true nor false", text);
         field = text == "true";
         return {};
       }});
}

void Schema::text(std::string& field, Naming naming, std::string accepts) {
  add({.key = std::move(naming.key),
       .help = std::move(naming.help),
       .accepts = std::move(accepts),
       .initial = field,
       .assign = [&field](std::string_view text) -> Result<void> {
         field = text;
         return {};
       }});
}

void Schema::choice(Naming naming, const std::vector<std::string>& words, std::size_t initial,
                    std::function<void(std::size_t)> store) {
  std::string accepts = fmt::format("{}", fmt::join(words, ", "));
  std::string first = words.at(initial);
  add({.key = std::move(naming.key),
       .help = std::move(naming.help),
       .accepts = std::move(accepts),
       .initial = std::move(first),
       .words = words,
       .assign = [words, store = std::move(store)](std::string_view text) -> Result<void> {
         const auto found = std::ranges::find(words, text);
         if (found == words.end()) return fail(Errc::invalid_setting, "'{}' is unknown", text);
         store(static_cast<std::size_t>(found - words.begin()));
         return {};
       }});
}

void Schema::listener(std::optional<HostPort>& field, Naming naming, bool built) {
  add({.key = std::move(naming.key),
       .help = std::move(naming.help),
       .accepts = built ? "off or HOST:PORT (port 0: any free one)"
                        : "only off: this version does not have that listener yet",
       .initial = field ? field->to_string() : "off",
       .words = {"off"},
       .assign = [&field, built](std::string_view text) -> Result<void> {
         if (text == "off") {
           field.reset();
           return {};
         }
         TRY(HostPort address, HostPort::parse(text));
         if (!built)
           return fail(Errc::invalid_setting, "'{}': there is no such listener yet", text);
         field = std::move(address);
         return {};
       }});
}

const Definition* Schema::find(std::string_view key) const {
  const auto found = std::ranges::find(definitions_, key, &Definition::key);
  return found == definitions_.end() ? nullptr : &*found;
}

std::vector<std::string_view> Schema::keys() const {
  std::vector<std::string_view> keys;
  for (const Definition& definition : definitions_) keys.push_back(definition.key);
  return keys;
}

}  // namespace ropewalk::settings
